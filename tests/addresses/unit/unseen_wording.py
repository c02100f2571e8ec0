"""Address texts as people of a northern county write them, with the answer a careful reader gives.

Written without a look at the engine. `answer` is the node that the text means, None when a careful reader would not put
it in the register without asking; `statuses` are the results that such a reader would accept then. When a room or unit is
stated that the register does not know, the answer is the building or unit around it, and the status `partial`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from addresses.parsing.components import Components
from tests.addresses.unit.unseen_registry import (
    BRIDGE,
    COURT,
    EAST,
    FORT,
    LAKE,
    MILL,
    PAGODA,
    RIDGE,
    TEMPLE,
    THREE,
    WILLOW,
)


@dataclass(frozen=True, slots=True)
class Case:
    """One text with the answer of a careful reader."""

    text: str
    answer: Components | None
    statuses: frozenset[str]


EXACT = frozenset({"exact"})
PARTIAL = frozenset({"partial"})
ASKING = frozenset({"review", "ambiguous", "unmatched"})
ABROAD = frozenset({"outside", "review", "unmatched"})
NEAR = frozenset({"relative", "review"})
EITHER = frozenset({"ambiguous", "review"})


def inside(estate: Components, building: str, unit: str = "", room: str = "") -> Components:
    """A node inside an estate."""
    return replace(estate, building=building, unit=unit, room=room)


def house(town: str, village: str, number: str, road: str = "") -> Components:
    """A house of a village or road."""
    return Components(town, village, road, number)


FRONT, FRONT_TEMPLE = (BRIDGE, "前王庄村民委员会"), (TEMPLE, "前王庄村民委员会")
PEACE, SUNNY, SPIN = (EAST, "和平里社区居委会"), (WILLOW, "向阳社区居委会"), (EAST, "纺织厂社区居委会")
COURT_501 = inside(COURT, "3", "2", "501")
COURT_502 = inside(COURT, "3", "2", "502")
COURT_101 = inside(COURT, "13", "1", "101")

_ESTATES = (
    ("盛世华庭3号楼2单元501", COURT_501),
    ("盛世华庭3号楼二单元501室", COURT_501),
    ("盛世华庭三号楼二单元五楼501", COURT_501),
    ("盛世华庭三号楼二单元五零一", COURT_501),
    ("盛世华庭叁号楼贰单元501室", COURT_501),
    ("盛世华庭3-2-501", COURT_501),
    ("盛世华庭3#-2-501", COURT_501),
    ("盛世华庭3#楼2单元501", COURT_501),
    ("盛世华庭#3楼2单元501", COURT_501),
    ("盛世华庭 3 号楼 2 单元 501 室", COURT_501),
    ("盛世华庭３号楼２单元５０１室", COURT_501),
    ("盛世华庭3幢2单元501室", COURT_501),
    ("盛世华庭3栋2门501号", COURT_501),
    ("盛世华庭3座2单元501", COURT_501),
    ("盛世华庭3楼2单元501", COURT_501),
    ("盛世华庭3号2单元501", COURT_501),
    ("盛世华庭小区3号楼2单元501", COURT_501),
    ("盛世华庭(建设路88号)3号楼2单元501室", COURT_501),
    ("建设路88号盛世华庭3号楼2单元501室", COURT_501),
    ("建设路88号3号楼2单元501室", COURT_501),
    ("莱州市东城街道建设路88号盛世华庭3号楼2单元501室", COURT_501),
    ("山东省莱州市东城街道办事处盛世华庭3号楼2单元5层501室", COURT_501),
    ("山东省烟台市莱州市东城街道和平里社区居委会建设路88号盛世华庭3号楼2单元501室", COURT_501),
    ("山东莱州东城和平里社区盛世华庭3号楼2单元501", COURT_501),
    ("莱州市莱州市东城街道盛世华庭3号楼2单元501室", COURT_501),
    ("山东省山东省莱州市盛世华庭3号楼2单元501室", COURT_501),
    ("烟台莱州盛世华庭3号楼2单元501", COURT_501),
    ("莱州盛世华庭3/2/501", COURT_501),
    ("盛世华庭3号楼2单元501室(王先生收)", COURT_501),
    ("盛世华庭3号楼2单元501 13800000000", COURT_501),
    ("盛世华庭3号楼2单元501室 电话:13800000000", COURT_501),
    ("现住盛世华庭3号楼2单元501室", COURT_501),
    ("户籍地址：莱州市盛世华庭3号楼2单元501室", COURT_501),
    ("家住莱州市盛世华庭3号楼2单元501室。", COURT_501),
    ("盛世华庭3号楼2单元501室(租住)", COURT_501),
    ("盛世华庭3号楼2单元501室【租房】", COURT_501),
    ("莱州市东城街道盛世华庭\n3号楼2单元501室", COURT_501),
    ("莱州市,东城街道,盛世华庭,3号楼,2单元,501室", COURT_501),
    ("莱州市 东城街道 盛世华庭 3-2-501", COURT_501),
    ("盛世华庭三栋二单元五〇一室", COURT_501),
    ("盛世华庭3号楼2单元0501室", COURT_501),
    ("盛世华庭03号楼02单元501室", COURT_501),
    ("盛世华庭3号楼2单元5楼502室", COURT_502),
    ("盛世华庭13号楼1单元101", COURT_101),
    ("盛世华庭十三号楼一单元101室", COURT_101),
    ("盛世华庭13-1-101", COURT_101),
    ("盛世华庭13号楼1单元1101室", inside(COURT, "13", "1", "1101")),
    ("盛世华庭13号楼1单元11楼1101", inside(COURT, "13", "1", "1101")),
    ("盛世华庭A座1801", inside(COURT, "A座", "", "1801")),
    ("盛世华庭a座1801室", inside(COURT, "A座", "", "1801")),
    ("盛世华庭Ａ座１８０２室", inside(COURT, "A座", "", "1802")),
    ("翠湖天地12号楼1203室", inside(LAKE, "12", "", "1203")),
    ("翠湖天地12-1203", inside(LAKE, "12", "", "1203")),
    ("柳泉街道翠湖天地5栋601", inside(LAKE, "5", "", "601")),
    ("莱州市柳泉街道办事处向阳社区翠湖天地五号楼601室", inside(LAKE, "5", "", "601")),
    ("迎宾大街15号翠湖天地5号楼101", inside(LAKE, "5", "", "101")),
    ("纺织厂家属院1号楼3单元201", inside(MILL, "1", "3", "201")),
    ("棉纺厂宿舍1号楼3单元201", inside(MILL, "1", "3", "201")),
    ("棉纺厂宿舍二号楼一单元四楼402户", inside(MILL, "2", "1", "402")),
    ("兴工街6号纺织厂家属院2号楼3单元402室", inside(MILL, "2", "3", "402")),
    ("兴工街6号院2号楼3单元402室", inside(MILL, "2", "3", "402")),
    ("三里新村7号楼1单元401", inside(THREE, "7", "1", "401")),
    ("莱州市三里新村2-1-301", inside(THREE, "2", "1", "301")),
    ("盛世华庭3号楼2单元", inside(COURT, "3", "2")),
    ("东城街道盛世华庭3号楼", inside(COURT, "3")),
    ("盛世华庭小区8号楼", inside(COURT, "8")),
    ("东城街道建设路88号盛世华庭", COURT),
    ("莱州市东城街道盛世华庭", COURT),
)

_HOUSES = (
    ("石桥镇前王庄村12号", house(*FRONT, "12")),
    ("莱州市石桥镇前王庄12号", house(*FRONT, "12")),
    ("山东省莱州市石桥镇前王庄村36号", house(*FRONT, "36")),
    ("前王庄村36号", house(*FRONT, "36")),
    ("石桥镇前王庄村民委员会一百一十二号", house(*FRONT, "112")),
    ("石桥镇前王庄村委会112号", house(*FRONT, "112")),
    ("石桥前王庄一一二号", house(*FRONT, "112")),
    ("石桥镇前王庄村壹佰壹拾贰号", house(*FRONT, "112")),
    ("石桥镇前王庄村门牌号12", house(*FRONT, "12")),
    ("石桥镇前王庄村第12号", house(*FRONT, "12")),
    ("石桥镇前王庄村12号院", house(*FRONT, "12")),
    ("石桥镇前王庄村12号(李家)", house(*FRONT, "12")),
    ("石桥镇前王庄村5组6号", house(*FRONT, "5组6号")),
    ("石桥镇前王庄村五组六号", house(*FRONT, "5组6号")),
    ("石桥镇前王庄村第五村民小组6号", house(*FRONT, "5组6号")),
    ("石桥镇前王庄5队6号", house(*FRONT, "5组6号")),
    ("石桥镇前王庄村128号之1", house(*FRONT, "128-1")),
    ("石桥镇前王庄村128号附1号", house(*FRONT, "128-1")),
    ("石桥镇前王庄村128-1号", house(*FRONT, "128-1")),
    ("石桥镇前王庄村128－1", house(*FRONT, "128-1")),
    ("莱州市石桥镇后王庄村48号", house(BRIDGE, "后王庄村民委员会", "48")),
    ("后王庄48号", house(BRIDGE, "后王庄村民委员会", "48")),
    ("莱州石桥镇石桥镇后王庄村48号", house(BRIDGE, "后王庄村民委员会", "48")),
    ("白庙镇前王庄村12号", house(*FRONT_TEMPLE, "12")),
    ("白庙镇前王庄205", house(*FRONT_TEMPLE, "205")),
    ("莱州市前王庄村205号", house(*FRONT_TEMPLE, "205")),
    ("石桥镇小李家8号", house(BRIDGE, "小李家村委会", "8")),
    ("石桥镇小李家村3排5号", house(BRIDGE, "小李家村委会", "3排5号")),
    ("石桥镇小李家村三排五号", house(BRIDGE, "小李家村委会", "3排5号")),
    ("石桥镇小李家村2组17号", house(BRIDGE, "小李家村委会", "2组17号")),
    ("石桥镇崮坡子村21号", house(BRIDGE, "崮坡子村委会", "21")),
    ("崮坡子村30号", house(BRIDGE, "崮坡子村委会", "30")),
    ("白庙镇坡子村21号", house(TEMPLE, "坡子村委会", "21")),
    ("坡子村33号", house(TEMPLE, "坡子村委会", "33")),
    ("白庙镇马家沟101号", house(TEMPLE, "马家沟村民委员会", "101")),
    ("白庙镇马家沟村四组3号", house(TEMPLE, "马家沟村民委员会", "4组3号")),
    ("黄堡镇黄堡村260号", house(FORT, "黄堡村民委员会", "260")),
    ("莱州市黄堡镇黄堡1号", house(FORT, "黄堡村民委员会", "1")),
    ("黄堡镇南赵村19号", house(FORT, "南赵村委会", "19")),
    ("莱州市双塔镇三官庙村30号", house(PAGODA, "三官庙村民委员会", "30")),
    ("莱州市双塔镇三官庙三十号", house(PAGODA, "三官庙村民委员会", "30")),
    ("双塔镇三官庙村三号", house(PAGODA, "三官庙村民委员会", "3")),
    ("双塔镇塔前村甲3号", house(PAGODA, "塔前村委会", "甲3")),
    ("双塔镇塔前村14号", house(PAGODA, "塔前村委会", "14")),
    ("双塔镇五里铺村5号", house(PAGODA, "五里铺村民委员会", "5")),
    ("双塔镇五里铺村五十号", house(PAGODA, "五里铺村民委员会", "50")),
    ("青岗镇青岗一村66号", house(RIDGE, "青岗一村村委会", "66")),
    ("青岗镇青岗二村66号", house(RIDGE, "青岗二村村委会", "66")),
    ("青岗二村9号", house(RIDGE, "青岗二村村委会", "9")),
    ("高岗乡大榆树村40号", house(RIDGE, "大榆树村民委员会", "40")),
    ("青岗镇大榆树村12巷3号", house(RIDGE, "大榆树村民委员会", "12巷3号")),
    ("青岗镇(原高岗乡)大榆树村40号", house(RIDGE, "大榆树村民委员会", "40")),
    ("东城街道建设路90号", house(*PEACE, "90", "建设路")),
    ("莱州市建设路128号", house(*PEACE, "128", "建设路")),
    ("莱州市建设路128号-1", house(*PEACE, "128-1", "建设路")),
    ("莱州市建设路128号之一", house(*PEACE, "128-1", "建设路")),
    ("城关镇建设路90号", house(*PEACE, "90", "建设路")),
    ("莱州市槐树胡同7号", house(*PEACE, "7", "槐树胡同")),
    ("东城街道槐树胡同甲3号", house(*PEACE, "甲3", "槐树胡同")),
    ("东城街道兴工街31号", house(*SPIN, "31", "兴工街")),
    ("莱州市柳泉街道莱州路16号", house(*SUNNY, "16", "莱州路")),
    ("莱州市莱州路16号", house(*SUNNY, "16", "莱州路")),
    ("莱州市柳泉街道迎宾大街200号", house(*SUNNY, "200", "迎宾大街")),
    ("莱州市解放北路102号", house(*SUNNY, "102", "解放北路")),
    ("柳泉街道幸福巷9号", house(*SUNNY, "9", "幸福巷")),
    ("柳泉街道泉河村77号", house(WILLOW, "泉河村民委员会", "77")),
    ("黄堡镇S218小黄线55号", house(FORT, "黄堡村民委员会", "55", "S218(小黄线)")),
    ("黄堡镇小黄线55号", house(FORT, "黄堡村民委员会", "55", "S218(小黄线)")),
)

_PLACES = (
    ("莱州市石桥镇前王庄村", Components(*FRONT)),
    ("石桥镇小李家村", Components(BRIDGE, "小李家村委会")),
    ("莱州市青岗镇", Components(RIDGE)),
    ("石桥镇", Components(BRIDGE)),
    ("黄堡镇黄堡村", Components(FORT, "黄堡村民委员会")),
    ("莱州市东城街道建设路", Components(*PEACE, "建设路")),
    ("莱州市东城街道和平里社区", Components(*PEACE)),
)

_DEEPER = (
    ("盛世华庭3号楼2单元1502室", inside(COURT, "3", "2")),
    ("盛世华庭3号楼2单元5楼", inside(COURT, "3", "2")),
    ("翠湖天地12号楼1503室", inside(LAKE, "12")),
    ("盛世华庭三号楼东单元五楼东户", inside(COURT, "3")),
    ("盛世华庭3号楼中单元501", inside(COURT, "3")),
    ("盛世华庭3号楼2单元5楼西户", inside(COURT, "3", "2")),
    ("盛世华庭3号楼2单元5011室", inside(COURT, "3", "2")),
)

_ASK = (
    # A part of the wording is not in the register or can be read in two ways.
    "盛世华庭4号楼2单元501",
    "盛世华庭30号楼2单元501",
    "盛世华庭33号楼",
    "盛世华庭3或4号楼2单元501",
    "盛世华庭3号楼2单元501室和502室",
    "盛世华庭3、4号楼2单元501",
    "盛世华庭3号楼2单元3楼501室",
    "盛世华庭二期3号楼2单元501",
    "盛世华庭东区3号楼2单元501",
    "新盛世华庭3号楼2单元501",
    "盛世华廷3号楼2单元501",
    "盛事华庭3号楼2单元501",
    "盛世华庭3号楼2单元501室翠湖天地12号楼1203室",
    "建设路90号盛世华庭3号楼2单元501室",
    "迎宾大街盛世华庭3号楼2单元501室",
    "石桥镇盛世华庭3号楼2单元501室",
    "柳泉街道建设路90号",
    "石桥镇建设路90号",
    "前王庄村12号",
    "莱州市前王庄村12号",
    "石桥镇前王庄村13号",
    "石桥镇前王庄村1222号",
    "石桥镇前王庄村12号13号",
    "石桥镇前王庄村12-13号",
    "石桥镇前王庄村5组",
    "石桥镇前王庄村6组6号",
    "石桥镇前王庄村5组6号7号",
    "石桥镇前王庄村128号之2",
    "石桥镇王庄村12号",
    "石桥镇东王庄村12号",
    "石桥镇前王庄新村12号",
    "石桥镇前汪庄村12号",
    "石桥镇三官庙村30号",
    "双塔镇前王庄村12号",
    "白庙镇崮坡子村21号",
    "石桥镇坡子村21号",
    "石桥镇大崮坡子村21号",
    "青岗镇青岗三村66号",
    "青岗镇青岗村66号",
    "双塔镇五里铺村5O号",
    "双塔镇塔前村3号",
    "双塔镇塔前村乙3号",
    "东城街道建设路128甲号",
    "建设东路90号",
    "莱州市解放路102号",
    "莱州市解放南路102号",
    "莱州镇前王庄村12号",
    "莱州路",
    "莱州市",
    "盛世华庭物业",
    "盛世华庭",
    "12号",
    "3号楼2单元501",
    "石桥镇前王庄村12号、白庙镇前王庄村12号",
    "石桥镇前王庄村12号，现住盛世华庭3号楼2单元501室",
    "户籍:石桥镇前王庄村12号 现住:盛世华庭3-2-501",
    "石桥镇前王庄村①②号",
    "盛世华庭？号楼2单元501",
    "盛世华庭X号楼2单元501",
    "盛世华庭3号楼2单元***",
    "石桥镇前王庄村张三家",
    "石桥镇前王庄村大队院内",
    "黄堡镇卫生院",
    "莱州市人民医院家属楼3号楼",
    "同上",
    "不详",
    "无固定住所",
    "370683199001010017",
    "13800000000",
    "城关镇中学宿舍",
    "建设路88号3号楼501室",
    "盛世华庭3号楼501",
    "盛世华庭车库3号",
    "盛世华庭3号楼2单元501室地下室",
    "盛世华庭商铺12号",
    "石桥镇前王庄村12号楼2单元501",
    "石桥镇前王庄村老12号",
    "石桥镇前王庄村原12号",
    "石桥镇前王庄村12号(已拆迁)",
)

_NEAR = (
    "石桥镇前王庄村东头第三家",
    "石桥镇前王庄村村东头第三家",
    "前王庄村委会对面",
    "石桥镇前王庄村西100米",
    "石桥镇前王庄村12号对面",
    "石桥镇前王庄村12号西邻",
    "石桥镇前王庄村12号隔壁",
    "石桥镇前王庄村12号附近",
    "建设路与迎宾大街路口东南角",
    "建设路迎宾大街交叉口",
    "建设路和兴工街交叉路口北200米路西",
    "建设路88号盛世华庭南门",
    "盛世华庭北门东50米",
    "盛世华庭3号楼楼下",
    "盛世华庭3号楼北侧停车场",
    "S218小黄线K19+906",
    "小黄线19公里900米处",
    "黄堡镇小黄线K3+200路东",
    "石桥镇政府对过",
    "建设路中段路北",
    "建设路128号院后",
    "白庙镇马家沟村口",
    "马家沟村北大棚",
    "青岗镇大榆树村村南养殖场",
)

_ABROAD = (
    "山东省青岛市平度市南村镇前王庄村12号",
    "平度市石桥镇前王庄村12号",
    "河北省石家庄市正定县前王庄村12号",
    "招远市盛世华庭3号楼2单元501室",
    "烟台市芝罘区建设路90号",
    "龙口市东城街道建设路90号",
    "北京市朝阳区建设路90号",
    "山东省潍坊市昌邑市柳泉街道幸福巷9号",
    "黑龙江省齐齐哈尔市讷河市双塔镇塔前村14号",
    "掖县招远县前王庄村36号",
)


def cases() -> tuple[Case, ...]:
    """All cases."""
    answered = [Case(text, answer, EXACT) for text, answer in (*_ESTATES, *_HOUSES, *_PLACES)]
    deeper = [Case(text, answer, PARTIAL) for text, answer in _DEEPER]
    asked = [Case(text, None, ASKING | NEAR) for text in _ASK]
    near = [Case(text, None, NEAR | EITHER) for text in _NEAR]
    abroad = [Case(text, None, ABROAD) for text in _ABROAD]
    return (*answered, *deeper, *asked, *near, *abroad)
