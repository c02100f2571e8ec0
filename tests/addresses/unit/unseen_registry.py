"""A second registry, on names of another county's style, made without a look at the engine.

Nothing here is shared with `synthetic.py` except the way in which nodes are built from rows. All places are invented;
some bear names that are awkward on purpose: two villages of one name, a village inside the name of another, a road that
is called like the county, a village that is called like a county elsewhere, towns that are also districts elsewhere.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from addresses.matching.names import NameEntry, NameIndex, official_entries
from addresses.matching.outside import outside_names
from addresses.matching.result import Node
from addresses.parsing.components import Components, canonical, link_key, prefixes, stable_code

EAST, WILLOW = "东城街道", "柳泉街道"
BRIDGE, TEMPLE, FORT, PAGODA, RIDGE = "石桥镇", "白庙镇", "黄堡镇", "双塔镇", "青岗镇"

DIVISIONS = (
    (EAST, "和平里社区居委会"),
    (EAST, "纺织厂社区居委会"),
    (WILLOW, "向阳社区居委会"),
    (WILLOW, "泉河村民委员会"),
    (BRIDGE, "前王庄村民委员会"),
    (BRIDGE, "后王庄村民委员会"),
    (BRIDGE, "小李家村委会"),
    (BRIDGE, "崮坡子村委会"),
    (TEMPLE, "坡子村委会"),
    (TEMPLE, "前王庄村民委员会"),
    (TEMPLE, "马家沟村民委员会"),
    (FORT, "黄堡村民委员会"),
    (FORT, "南赵村委会"),
    (PAGODA, "三官庙村民委员会"),
    (PAGODA, "塔前村委会"),
    (PAGODA, "五里铺村民委员会"),
    (RIDGE, "青岗一村村委会"),
    (RIDGE, "青岗二村村委会"),
    (RIDGE, "大榆树村民委员会"),
)

COURT = Components(EAST, "和平里社区居委会", "建设路", "88", "盛世华庭")
LAKE = Components(WILLOW, "向阳社区居委会", "迎宾大街", "15", "翠湖天地")
MILL = Components(EAST, "纺织厂社区居委会", "兴工街", "6", "纺织厂家属院")
THREE = Components(WILLOW, "向阳社区居委会", "解放北路", "41", "三里新村")

ROWS = (
    *(
        replace(COURT, building=building, unit=unit, room=room)
        for building in ("1", "3", "8", "13")
        for unit in ("1", "2")
        for room in ("101", "102", "301", "302", "501", "502", "1101")
    ),
    replace(COURT, building="A座", room="1801"),
    replace(COURT, building="A座", room="1802"),
    *(replace(LAKE, building=b, room=r) for b in ("5", "12") for r in ("101", "601", "1203")),
    *(replace(MILL, building=b, unit=u, room=r) for b in ("1", "2") for u in ("1", "3") for r in ("201", "402")),
    *(replace(THREE, building=b, unit="1", room=r) for b in ("2", "7") for r in ("301", "401")),
    Components(EAST, "和平里社区居委会", "建设路", "90"),
    Components(EAST, "和平里社区居委会", "建设路", "128"),
    Components(EAST, "和平里社区居委会", "建设路", "128-1"),
    Components(EAST, "和平里社区居委会", "槐树胡同", "7"),
    Components(EAST, "和平里社区居委会", "槐树胡同", "甲3"),
    Components(EAST, "纺织厂社区居委会", "兴工街", "31"),
    Components(WILLOW, "向阳社区居委会", "莱州路", "16"),
    Components(WILLOW, "向阳社区居委会", "迎宾大街", "200"),
    Components(WILLOW, "向阳社区居委会", "解放北路", "102"),
    Components(WILLOW, "向阳社区居委会", "幸福巷", "9"),
    Components(WILLOW, "泉河村民委员会", "", "77"),
    Components(FORT, "黄堡村民委员会", "S218(小黄线)", "55"),
    *(Components(BRIDGE, "前王庄村民委员会", "", n) for n in ("12", "36", "112", "5组6号", "128-1")),
    *(Components(BRIDGE, "后王庄村民委员会", "", n) for n in ("12", "48")),
    *(Components(TEMPLE, "前王庄村民委员会", "", n) for n in ("12", "205")),
    *(Components(BRIDGE, "小李家村委会", "", n) for n in ("8", "3排5号", "2组17号")),
    *(Components(BRIDGE, "崮坡子村委会", "", n) for n in ("21", "30")),
    *(Components(TEMPLE, "坡子村委会", "", n) for n in ("21", "33")),
    *(Components(TEMPLE, "马家沟村民委员会", "", n) for n in ("101", "4组3号")),
    *(Components(FORT, "黄堡村民委员会", "", n) for n in ("1", "260")),
    *(Components(FORT, "南赵村委会", "", n) for n in ("19", "91")),
    *(Components(PAGODA, "三官庙村民委员会", "", n) for n in ("30", "3")),
    *(Components(PAGODA, "塔前村委会", "", n) for n in ("14", "甲3")),
    *(Components(PAGODA, "五里铺村民委员会", "", n) for n in ("5", "50")),
    *(Components(RIDGE, "青岗一村村委会", "", n) for n in ("66", "2")),
    *(Components(RIDGE, "青岗二村村委会", "", n) for n in ("66", "9")),
    *(Components(RIDGE, "大榆树村民委员会", "", n) for n in ("40", "12巷3号")),
)

ALIASES = (
    NameEntry("高岗乡", "old", "town", Components(RIDGE)),
    NameEntry("棉纺厂宿舍", "alias", "estate", Components(estate="纺织厂家属院")),
    NameEntry("城关镇", "old", "town", Components(EAST)),
)


@dataclass(frozen=True, slots=True)
class UnseenRegistry:
    """The nodes by key and the name index; `rows` are the deepest addresses."""

    rows: tuple[Components, ...]
    nodes: Mapping[str, Node]
    names: NameIndex

    def lookup(self, keys: Collection[str]) -> Mapping[str, Node]:
        """Nodes of the keys that exist."""
        return {key: self.nodes[key] for key in keys if key in self.nodes}


def build(rows: Collection[Components], aliases: Collection[NameEntry] = ()) -> UnseenRegistry:
    """The registry of these rows with all that lies above them."""
    canonical_rows = tuple(dict.fromkeys(canonical(row) for row in rows))
    nodes: dict[str, Node] = {}
    for row in canonical_rows:
        for node in prefixes(row):
            key = link_key(node)
            if key not in nodes:
                nodes[key] = Node(key, stable_code(node), node, node.level(), len(nodes) + 1)
    entries = official_entries(node.components for node in nodes.values())
    return UnseenRegistry(canonical_rows, nodes, NameIndex.build([*entries, *aliases], outside_names()))


def wording_registry() -> UnseenRegistry:
    """The hand-made registry with its divisions and aliases."""
    return build((*(Components(*division) for division in DIVISIONS), *ROWS), ALIASES)


_SURNAMES = "王李张刘陈杨赵孙周吴徐马朱胡郭林何高罗郑梁谢宋唐许韩冯邓曹彭曾田董潘袁蔡蒋余杜叶程魏苏吕丁任卢姚钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙陶贺毛郝顾龚邵万覃武钱戴严欧莫孔向常"
_VILLAGE_TAILS = (
    "家庄",
    "家沟",
    "家洼",
    "家疃",
    "官屯",
    "家营",
    "各庄",
    "家坡",
    "家堡子",
    "家集",
    "家铺",
    "家窑",
    "家岭",
    "戈庄",
    "家",
)
_SIDES = ("", "", "", "东", "西", "南", "北", "前", "后", "大", "小", "上", "下")
_TOWN_STEMS = ("石桥", "白庙", "黄堡", "双塔", "青岗", "榆林铺", "龙泉寺", "土门子", "辛店", "柳沟", "羊角泉", "枣林")
_STREET_STEMS = ("东城", "柳泉", "新市", "北关")
_ROAD_STEMS = ("建设", "迎宾", "兴工", "解放", "幸福", "胜利", "民主", "新华", "长江", "黄河", "泰山", "工业", "朝阳", "富民", "康乐", "永兴", "青年", "文汇", "学府", "滨河", "凤鸣", "清河", "振兴", "通达")  # fmt: skip
_ROAD_TAILS = ("路", "街", "大街", "东路", "西路", "南路", "北路", "巷")
_ESTATE_STEMS = ("盛世", "翠湖", "锦绣", "水岸", "阳光", "华府", "御景", "天成", "书香", "碧水", "丽景", "和谐", "金色", "龙湖", "香榭", "名仕", "东方", "紫荆", "枫林", "祥和")  # fmt: skip
_ESTATE_TAILS = ("华庭", "花园", "小区", "新城", "家园", "名邸", "天地", "公寓", "苑", "雅居", "家属院", "世家")


_ZONES = "二三四五六七八九甲乙丙丁东西南北中"


def _sample(chance: random.Random, parts: tuple[tuple[str, ...] | str, ...], count: int) -> list[str]:
    names: dict[str, None] = {}
    while len(names) < count:
        names["".join(chance.choice(part) for part in parts)] = None
    return list(names)


def _village_rows(chance: random.Random, towns: list[str]) -> Iterator[Components]:
    """620 villages with about 180 house numbers each; some bear the same name in two towns."""
    for stem in _sample(chance, (_SIDES, _SURNAMES, _VILLAGE_TAILS), 580):
        homes = chance.sample(towns, 2 if chance.random() < 0.07 else 1)
        for town in homes:
            village = f"{stem}{chance.choice(('村民委员会', '村委会'))}"
            style = chance.random()
            for number in range(1, chance.randint(80, 280)):
                text = str(number)
                if style < 0.15:
                    text = f"{number % 7 + 1}组{number // 7 + 1}号"
                elif style < 0.22:
                    text = f"{number % 12 + 1}排{number // 12 + 1}号"
                elif chance.random() < 0.06:
                    text = f"{number}-{chance.randint(1, 3)}"
                yield Components(town, village, "", text)


def _estate_rows(chance: random.Random, estate: Components) -> Iterator[Components]:
    for building in range(1, chance.randint(4, 16)):
        units = [""] if building % 5 == 0 else [str(unit) for unit in range(1, chance.randint(2, 5))]
        for unit in units:
            for floor in range(1, chance.randint(5, 12)):
                for door in (1, 2):
                    yield replace(estate, building=str(building), unit=unit, room=f"{floor}{door:02d}")


def large_rows(seed: int, count: int) -> list[Components]:
    """At least `count` rows: villages, roads and estates of towns with invented names."""
    chance = random.Random(seed)
    streets = [f"{stem}街道" for stem in _STREET_STEMS]
    rows = list(_village_rows(chance, [f"{stem}镇" for stem in _TOWN_STEMS]))
    communities = [
        (chance.choice(streets), f"{name}社区居委会") for name in _sample(chance, (_ROAD_STEMS, ("里", "园", "苑")), 40)
    ]
    places = [(*chance.choice(communities), road) for road in _sample(chance, (_ROAD_STEMS, _ROAD_TAILS), 90)]
    for place in places:
        rows += [Components(*place, str(number)) for number in range(1, chance.randint(120, 420))]
    names = _sample(chance, (_ESTATE_STEMS, _ESTATE_TAILS), 200)
    for name in names:
        number = str(chance.randint(430, 900))
        rows += _estate_rows(chance, Components(*chance.choice(places), number, name))
        if len(rows) >= count:
            break
    for extra in range(len(names) * len(_ZONES)):
        if len(rows) >= count:
            break
        name = f"{names[extra % len(names)]}{_ZONES[extra // len(names)]}区"
        rows += _estate_rows(chance, Components(*chance.choice(places), str(900 + extra), name))
    return rows
