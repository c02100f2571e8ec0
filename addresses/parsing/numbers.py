"""The number grammar: spans between the names of a text become number, position, filler or unread tokens.

One regular expression with one group for each shape, tried in the order below at each place; what none of them reads is
`UNREAD`. The longest number word wins because the shapes with a unit word come first. Every repetition is bounded, so
that the time is linear in the length of the text.
"""

from __future__ import annotations

import re
from functools import lru_cache

from addresses.parsing.tokens import Shape, Token

_STEM = "甲乙丙丁戊"
_VALUE = "[A-Z]?[0-9]{1,6}[A-Z]?"
_SIDE = "东西南北"
_ENDS = "(?=$|[^一-鿿0-9A-Z])"
# Buildings that have a word for a number: 综合楼, 办公大楼, 东配楼. What the word is, is the building's name.
_BUILDING_WORD = (
    "(?:综合|办公|教学|实验|行政|科技|科研|研发|宿舍|公寓|家属|住宅|商住|商业|商务|门诊|病房|住院|医技|图书|培训|接待|招待|服务|生产"
    "|门市|沿街|临街|主|副|附|配|裙)大?"
)
_ROUTE_NAME = "[一-鿿]{2,6}(?:高速公路|高速|公路|线|大道|路|街|环)"
# The person who receives, a remark about the dwelling, a verb before the place: they say nothing of where it is. Closed
# lists in closed places, because a word that is skipped anywhere may be the beginning of a name that nobody entered.
_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任"
    "姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文滕曲迟宫毕原战初盛"
)
_REMARK_ENDS = "(?=$|[),;。])"
_REMARKS = "家|家里|住家|单位|租房|租住房|租赁房|自有住房|自有房|自建房|公租房|廉租房|放门口|放家门口|放驿站"
_LEADING_VERB = "(?<![^,;:。、(])住(?![房宅户院所建])"
_PHONE = r"(?:\+?86[- ]?)?1[3-9][0-9][- ]?[0-9]{4}[- ]?[0-9]{4}"
_CITIZEN_ID = (
    r"[1-9][0-9]{5}(?:(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])[0-3][0-9]{4}[0-9X]|[0-9]{2}(?:0[1-9]|1[0-2])[0-3][0-9]{4})"
)

_SHAPES: tuple[tuple[str, str], ...] = (
    (
        "personal",
        rf"〔(?:证件号|电话)〕|(?<![0-9A-Z])(?:{_CITIZEN_ID}|{_PHONE}|0[0-9]{{2,3}}-?[0-9]{{7,8}})(?![0-9A-Z])"
        r"|(?:联系电话|联系方式|电话号码|电话|手机号码|手机号|手机|座机|身份证号码|身份证号|身份证)[:为是]?"
        r"(?:[0-9][0-9 -]{4,18}X?(?![0-9A-Z]))?",
    ),
    # A road of the road network before its stake; the registry need not know it, because the result is relative.
    (
        "route",
        rf"(?:(?:[GSXY][0-9]{{1,4}}(?:[国省县乡]道)?|[0-9]{{1,4}}[国省县乡]道)(?:{_ROUTE_NAME}|[(]{_ROUTE_NAME}[)])?|{_ROUTE_NAME})"
        r"(?=K[0-9])",
    ),
    ("stake", r"K(?P<kilometre>[0-9]{1,4})(?:\+(?P<metre>[0-9]{1,3}(?:\.[0-9]{1,3})?))?(?:米|M)?(?![0-9A-Z+.])处?"),
    (
        "milestone",
        r"(?P<kilometre2>[0-9]{1,4})(?:公里|KM|千米)(?![0-9A-Z])(?:处|桩)?|(?P<kilometre3>[0-9]{1,4})(?:公里|KM|千米)"
        r"\+?(?P<metre3>[0-9]{1,3}(?:\.[0-9]{1,3})?)(?:米|M)处?",
    ),
    (
        "distance",
        rf"(?:以|往|向|偏|正)?(?P<direction>[{_SIDE}]{{0,2}})(?:侧|边|方向|方|面|行|走|首)?(?:大约|约)?"
        r"(?P<metres>[0-9]{1,5})(?:余|多)?(?P<measure>米|M|公里|KM|千米|里)(?![0-9A-Z一-鿿]|村|路)(?:左右|处|远){0,2}"
        rf"|(?:以|往|向|偏|正)?(?P<direction2>[{_SIDE}]{{0,2}})(?:侧|边|方向|方|面|行|走|首)?(?:大约|约)?"
        r"(?P<metres2>[0-9]{1,5})(?:余|多)?米(?:左右|处|远){0,2}",
    ),
    (
        "position",
        rf"的?(?:(?P<direction3>[{_SIDE}]{{1,2}})(?:角|侧|边|面|邻|首|头|端|段{_ENDS}|门外?(?![0-9A-Z])|[出入]口)"
        rf"|以(?P<direction4>[{_SIDE}])|路(?P<direction5>[{_SIDE}])[侧边]?{_ENDS}"
        r"|(?:十字路口|丁字路口|三岔路口|岔路口|交叉路口|交叉口|交汇处|交汇|交界处|交界|交口|路口|村口|街口|巷口|胡同口|红绿灯)"
        rf"(?:(?P<direction6>[{_SIDE}]{{1,2}}){_ENDS})?"
        r"|[正斜]?对[面过]|附近|周边|周围|一带|旁边|旁|边上|隔壁|之间|中间|出入口|[出入]口|[大正后侧校院]门口?|门[口前后外]"
        rf"|口(?=$|[^一-鿿]|[{_SIDE}往向以附旁斜对])|桥[头上下]|楼[前后下]|[前后](?:[面方侧边]|{_ENDS})|中段{_ENDS}|尽头|拐角|转角|拐弯|距离?"
        r"|路段|路[边旁])处?",
    ),
    ("joiner", "与|和"),
    (
        "group",
        r"第?(?P<group_value>[0-9]{1,3})(?:村民小组|居民小组|小组|组|生产队|队|社(?!区)|(?P<row_word>排|巷(?!子)|弄|胡同))",
    ),
    (
        "building",
        rf"第?(?P<building_value>{_VALUE}|[A-Z]|[{_STEM}])"
        r"(?:号住宅楼|号楼栋|号楼|号栋|号幢|栋楼|幢楼|栋|幢|座|#住宅楼|#楼|#栋)"
        r"|#(?P<building_value2>[0-9]{1,4}[A-Z]?)(?![0-9A-Z])楼?|(?P<building_value3>[东西南北中前后])楼"
        rf"|(?P<building_value4>[{_SIDE}]?{_BUILDING_WORD})楼(?!村|街|路|社区|盘|道)",
    ),
    ("hash", rf"第?(?P<hash_value>{_VALUE})#"),
    (
        "unit",
        rf"第?(?P<unit_value>[A-Z]?[0-9]{{1,2}}|[A-Z]|[{_STEM}]|[东西南北中](?=单元))(?:号单元|单元|门洞|门(?=$|[^一-鿿]|[东西南北中]户))",
    ),
    ("floor", r"第?(?P<floor_value>[0-9]{1,2})(?:层|F(?![A-Z]))"),
    (
        "room",
        rf"第?(?P<room_value>{_VALUE})(?:号房间|号房|号室|号户|房间|室|户(?!村)|房(?!村))|(?P<room_value2>[东西南北中])户(?!村)",
    ),
    ("tower", r"(?P<tower_value>[A-Z]?[0-9]{1,3}[A-Z]?)楼"),
    (
        "chain",
        rf"(?P<chain_value>(?>(?:{_VALUE}|[A-Z])-{_VALUE}-{_VALUE}(?:-{_VALUE})?))(?P<chain_suffix>室|户|房|号)?"
        r"(?![0-9A-Z-]|楼|栋|幢|座|单元|层|门|组|米)"
        rf"|(?P<pair_value>(?>(?:{_VALUE}|[A-Z])-{_VALUE}))(?P<pair_suffix>室|户|房|号房|号室)?"
        r"(?![0-9A-Z-]|号|楼|栋|幢|座|单元|层|门|组|米|#)",
    ),
    (
        "number",
        rf"第?(?P<number_value>[{_STEM}]?(?>[0-9]{{1,5}})[A-Z{_STEM}]?)(?:[之附付副-](?P<sub_before>(?>[0-9]{{1,4}})))?号(?!楼|栋|幢|室|户|房|住宅|单元)"
        rf"(?:门牌|(?P<yard>院)(?!子))?(?:[之附付副-](?P<sub_after>(?>[0-9]{{1,4}}))(?![A-Z栋幢楼座单室户层#-]|号[楼栋幢])号?)?"
        rf"(?P<number_stem>[{_STEM}](?=$|[^一-鿿]))?",
    ),
    ("bare", rf"(?<![0-9A-EG-Z])(?P<bare_value>(?>{_VALUE}))(?![0-9A-Z])"),
    (
        "filler",
        "(?:现居住|现住|现|常住|居住|户籍|家庭|联系|通讯|详细|身份证|经营|注册|停放|登记|办公|单位|车主|本人|收货|收件|寄件|邮寄)?"
        "(?:地址|住址|住所地|住所)(?:为|是)?|(?:户籍|户口)?所在地|送货?(?:至|到)"
        rf"|(?<=[,;:。、(])[{_SURNAMES}](?:先生|女士|小姐|师傅|老师|[一-鿿]{{1,2}}(?=收))收?{_REMARK_ENDS}"
        rf"|(?<=\()(?:{_REMARKS})(?=\))|{_LEADING_VERB}"
        "|邮政编码[:]?[0-9]{6}(?![0-9])|邮编[:]?[0-9]{6}(?![0-9])|NO[.:]?(?=[0-9])|居住地|经营地|户籍地|现住|住在|家住|现居|位于|坐落于|坐落|座落于|座落|门牌号|门牌|院内|村内|小区内|辖区内|辖区|境内|内|自住|租住|暂住|借住|租赁|出租",
    ),
    ("dash", "-"),
    # No *: it masks what is not shown (2单元***).
    ("separator", r"[\s,;:/\\.。、()'\"!·・_|《》<>“”]"),
    ("unread", "."),
)
_LEXER = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in _SHAPES), re.DOTALL)
_SHAPE_OF = {name: Shape(name) for name, _ in _SHAPES if name != "milestone"} | {"milestone": Shape.STAKE}
_VALUE_GROUPS = {
    "group": ("group_value",),
    "building": ("building_value", "building_value2", "building_value3", "building_value4"),
    "hash": ("hash_value",),
    "unit": ("unit_value",),
    "floor": ("floor_value",),
    "room": ("room_value", "room_value2"),
    "tower": ("tower_value",),
    "bare": ("bare_value",),
}
_CACHED_LENGTH = 24
_LEADING_ZEROS = re.compile(r"(?<![0-9])0+(?=[0-9])")


def without_leading_zeros(value: str) -> str:
    """0501 → 501, 03 → 3; a lone 0 stays, because it is a fault that must be seen."""
    return _LEADING_ZEROS.sub("", value) if "0" in value else value


def _first(match: re.Match[str], groups: tuple[str, ...]) -> str:
    for group in groups:
        value = match[group]
        if value is not None:
            return value
    return ""


def _number_parts(match: re.Match[str]) -> tuple[str, ...]:
    """Main number, with its stem, and the sub-numbers (128号之1 → 128, 1)."""
    main = match["number_value"] + (match["number_stem"] or "")
    return tuple(part for part in (main, match["sub_before"], match["sub_after"]) if part)


def _position_parts(kind: str, match: re.Match[str]) -> tuple[str, ...]:
    """Parts of a relative position: stake (kilometre, metre) or direction and metres."""
    if kind == "stake":
        return match["kilometre"], match["metre"] or ""
    if kind == "milestone":
        return match["kilometre2"] or match["kilometre3"], match["metre3"] or ""
    if kind == "distance":
        metres = int(match["metres"] or match["metres2"])
        if match["measure"] in ("公里", "KM", "千米"):
            metres *= 1000
        elif match["measure"] == "里":
            metres *= 500
        return match["direction"] or match["direction2"] or "", str(metres)
    return (_first(match, ("direction3", "direction4", "direction5", "direction6")),)


def _token(match: re.Match[str]) -> Token:
    kind = match.lastgroup or "unread"
    shape = _SHAPE_OF[kind]
    if shape is Shape.UNREAD:
        return Token(shape, match.start(), match.end())
    parts: tuple[str, ...] = ()
    suffix = ""
    if kind in _VALUE_GROUPS:
        parts = (without_leading_zeros(_first(match, _VALUE_GROUPS[kind])),)
        suffix = (match["row_word"] or "") if kind == "group" else ""
    elif kind == "number":
        parts = tuple(without_leading_zeros(part) for part in _number_parts(match))
        suffix = match["yard"] or ""
    elif kind == "chain":
        chain = match["chain_value"] or match["pair_value"]
        parts = tuple(without_leading_zeros(part) for part in chain.split("-"))
        suffix = match["chain_suffix"] or match["pair_suffix"] or ""
    elif kind in ("stake", "milestone", "distance", "position"):
        parts = _position_parts(kind, match)
    elif kind == "route":
        parts = (match.group().replace("(", "").replace(")", ""),)
    return Token(shape, match.start(), match.end(), parts, suffix)


@lru_cache(maxsize=16_384)
def _lex_span(span: str) -> tuple[Token, ...]:
    return tuple(_token(match) for match in _LEXER.finditer(span))


def lex(text: str, start: int, end: int) -> list[Token]:
    """Tokens of the span [start, end) of the normalised text, without gaps; unread characters one by one.

    The span must not be cut out of a longer number. Short spans are kept in a cache: 3号楼2单元 comes again and again.
    """
    span = text[start:end]
    tokens = _lex_span(span) if end - start <= _CACHED_LENGTH else _lex_span.__wrapped__(span)
    return [Token(token.shape, token.start + start, token.end + start, token.parts, token.suffix) for token in tokens]
