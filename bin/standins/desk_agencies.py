"""The eleven agencies as the desk shows them: what each holds, what can be done to it, and where the platform shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

# Words for the numbers of `_state`; what is not named here is not shown.
COUNTS = {
    "persons": "人员", "houses": "房屋", "units": "单位", "addresses": "地址变更", "certifications": "已答复认证",
    "存续": "存续企业", "注销": "注销企业", "vehicles": "车辆", "permits": "许可证", "violations": "违法", "lines": "线路",
    "tractors": "拖拉机", "operators": "操作人员", "sequence": "已放出文件", "accepted": "已收回执", "unanswered": "未答复文件", "messages": "收到消息",
    "duplicates": "重复送达", "refused": "验签不过", "replays": "重放被拒", "poisoned": "拒收",
    "lost": "收下又丢", "disputes": "提出异议",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fault:
    """A button that makes the agency fail until it is taken back.

    Attributes:
        mode: the stand-ins' name of it.
        then: what to look at in the platform.
        options: what else is sent with the order.
    """

    mode: str
    label: str
    then: str
    options: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Act:
    """A button that makes something happen at the agency: its acts in turn.

    Attributes:
        key: what the person at the desk may name, as the label of a box; "" = the agency chooses.
    """

    code: str
    label: str
    acts: tuple[str, ...]
    then: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Agency:
    """One agency.

    Attributes:
        holds: what it is there for, in a line.
        pages: (label, path) of the platform's pages about it; the first is where a fault shows.
        dropping: the act that drops its files; "" where nobody waits for files.
    """

    code: str
    name: str
    holds: str
    pages: tuple[tuple[str, str], ...]
    faults: tuple[Fault, ...]
    acts: tuple[Act, ...] = ()
    dropping: str = ""
    is_partner: bool = False
    may_dispute: bool = False


_UNPLUG = Fault(
    "outage", "拔掉",
    "链路页上看落后了多久；连续两次读取失败后责任人收到邮件。接回后从上次的位置接着读，一行不缺，另有一封恢复邮件。",
)  # fmt: skip
_UNPLUG_FILES = Fault(
    "outage", "拔掉",
    "不再放出文件：链路照常去看，读取记录里只有“无新数据”，这家的车在地图上停住、半小时后变灰。接回后照序号接着读，缺一份会写明。",
)  # fmt: skip
_RENAME = Fault(
    "rename_column", "改列名",
    "下一次读取停在“待确认”，数据不入库，责任人收到邮件。在链路页核对新旧列名，按“照此采用一次”或“今后都按新列”。",
)  # fmt: skip
_FEWER = Fault(
    "drop_rows", "少三成行", "增量链路没有应到的行数，少的行等下一次变更再来：看读取记录里的行数。只有全量链路会停下待确认。",
)  # fmt: skip
_FEWER_SNAPSHOT = Fault(
    "drop_rows", "少三成行", "全量链路比上次少得太多，停在“待确认”。核实后按“照此采用一次”，不见了的记录标为“来源中已不见”，不删除。",
)  # fmt: skip
_SLOW = Fault("slow", "慢", "每次应答都等十秒：看读取记录里的用时，其他链路不受影响。", (("seconds", 10),))
_GARBLED = Fault(
    "wrong_encoding", "乱码", "读不懂的内容一行也不入库：读取失败并写明原因，自动重试；接回后照常。",
)  # fmt: skip
_GARBLED_VIEW = Fault(
    "wrong_encoding", "乱码",
    "视图里的企业名成了乱码文字，编码本身没有错：平台看不出来，会照收为新的说法。接回后由重叠读取改回最近的，其余撤销那几个批次。",
)  # fmt: skip
_GARBLED_FILES = Fault(
    "wrong_encoding", "乱码",
    "文件的编码一般能自动认出，照常入库；汉字太少认不出的（位置文件只有“鲁”字）整份停在“待确认”，不入库，不采用后接着读下一份。",
)  # fmt: skip
_LATE = Fault(
    "late", "迟到", "每两条变更有一条要到接回之后才来，带着当时的时间：链路每次往回多读一段，接回后补上，不重复。",
)  # fmt: skip
_INCOMING = (_UNPLUG, _RENAME, _FEWER, _SLOW, _GARBLED, _LATE)
_REGISTER = (_UNPLUG, _RENAME, _FEWER, _SLOW, _GARBLED_VIEW, _LATE)
_FILES = (_UNPLUG_FILES, _RENAME, _FEWER, _GARBLED_FILES, _LATE)
_SNAPSHOT_FILES = (_UNPLUG_FILES, _RENAME, _FEWER_SNAPSHOT, _GARBLED_FILES, _LATE)
_PARTNER_UNPLUG = Fault(
    "outage", "拔掉",
    "更正一个他们持有的人，看伙伴页的“待发”和“积压”；连续五次没有送达（一两分钟）责任人收到邮件。接回后到页上的“下次尝试”时自动补送，同一记录只送最后的说法。",
)  # fmt: skip
_PARTNER_SLOW = Fault("slow", "慢", "每条都等十秒才有回执：看伙伴页的积压，其他伙伴照常。", (("seconds", 10),))
_PARTNER_CUT = Fault(
    "truncate", "回执截断", "回执只来一半就不算送达：消息留在待发里重试；接回后补送，对方按编号认出重复（看“重复送达”）。"
)  # fmt: skip
_POISON = Fault(
    "poison", "拒收一条", "接着送来的第一条被拒三次后成为死信，责任人收到邮件，其余照送。接回后在“消息”里按“重发”或“放弃”。",
)  # fmt: skip
_LOSE = Fault("lose", "收下又丢", "给了回执却没有存下：每日对账（凌晨）查出来，列为死信，可重发。")
_RECEIVING = (_PARTNER_UNPLUG, _PARTNER_SLOW, _PARTNER_CUT, _POISON, _LOSE)
_FERRY_RECEIVING = (
    Fault("outage", "拔掉", "文件没有人取，也没有回执：看伙伴页的“消息”停在“已送出”。接回后补上回执。"),
    _LOSE,
)  # fmt: skip

_SEARCH = "等一次读取（一分钟左右），在平台搜索框输入这个编号，看“声明”“变更历史”和页头的“已提供给”。"
_GONE = "等一次读取：这个来源的说法标为“来源中已不见”，记录不删除，由民警核实。"


def _links(*codes: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((f"链路：{label}", f"/exchange/links/{code}/") for code, label in codes)


def _partner(code: str, name: str, holds: str, *, takes_files: bool = False) -> Agency:
    page = f"/exchange/partners/{code}/"
    pages = (
        ("伙伴页", page),
        ("消息", f"{page}?tab=messages"),
        ("提供台账", f"{page}?tab=ledger"),
        ("异议", f"{page}?tab=disputes"),
    )
    faults = _FERRY_RECEIVING if takes_files else _RECEIVING
    return Agency(f"partner-{code}", name, holds, pages, faults, is_partner=True, may_dispute=not takes_files)


AGENCIES = (
    Agency(
        "bureau", "治安要素管控系统", "实有人口、房屋、单位、标准地址；平台按增量读取，并向它报请地址认证。",
        _links(("bureau-persons", "人口"), ("bureau-houses", "房屋"), ("bureau-units", "单位"), ("bureau-addresses", "地址")),
        _INCOMING,
        (
            Act("phone", "更正电话", ("correct_phone",), _SEARCH, "身份证号（不填则任选一人）"),
            Act("gone", "注销一人", ("delete_person",), _GONE, "身份证号（不填则任选一人）"),
            Act("batch", "生成新一批", ("add_person",) * 5 + ("add_house", "add_unit", "add_address"), _SEARCH),
        ),
    ),
    Agency(
        "business", "市场监管 企业登记", "企业登记库，平台以只读账号读一个视图。", _links(("market-units", "企业")), _REGISTER,
        (
            Act("phone", "更正电话", ("correct_phone",), _SEARCH, "信用代码（不填则任选一家）"),
            Act("boss", "变更法定代表人", ("change_boss",), _SEARCH, "信用代码（不填则任选一家）"),
            Act("gone", "注销一家", ("deregister",), _SEARCH, "信用代码（不填则任选一家）"),
            Act("batch", "生成新一批", ("add",) * 5, _SEARCH),
        ),
    ),
    Agency(
        "keyvehicle", "重点车辆监管", "营运车辆、许可、违法和位置，以 CSV 文件摆渡。",
        _links(("keyvehicle-vehicles", "车辆"), ("keyvehicle-violations", "违法"), ("keyvehicle-positions", "位置")), _FILES,
        (
            Act("owner", "变更业户", ("change_owner", "drop_snapshots"), "等一次读取，看这辆车的“声明”和所属单位。"),
            Act("batch", "生成新一批", ("add", "drop"), "车辆、违法、位置各一份文件：看三条链路的读取记录和“交通违法”清单。"),
        ),
        dropping="drop",
    ),
    Agency(
        "bus", "公交 GPS 调度", "线路、公交车和每十五秒的位置，GBK 接口按页读取。",
        (*_links(("bus-positions", "位置"), ("bus-vehicles", "车辆")), ("地图：车辆实时", "/map/?layers=vehicles")), _INCOMING,
        (Act("batch", "生成新一批", ("add",) * 3, "等一次读取，看链路“车辆”的新增；它们随即出现在地图的“车辆实时”里。"),),
    ),
    Agency(
        "farm", "农机安全监理", "拖拉机（XLSX）与操作人员（XML），每天全量放出。",
        _links(("farm-operators", "操作人员"), ("farm-tractors", "拖拉机")), _SNAPSHOT_FILES,
        (
            Act("phone", "更正电话", ("correct_phone", "drop"), _SEARCH),
            Act("batch", "生成新一批", ("add", "add_operator", "drop"), "拖拉机和操作人员各一份全量文件：看两条链路的读取记录。"),
        ),
        dropping="drop",
    ),
    _partner("transport", "交通运输局", "收营运车辆的违法、驾驶人与运输企业。"),
    _partner("education", "教育和体育局", "收校车违法、校车驾驶人与学校周边事故。"),
    _partner("highway", "公路事业发展中心", "收公路隐患与公路事故，以文件摆渡。", takes_files=True),
    _partner("agriculture", "农业农村局（农机监理）", "收农机违法与营运驾驶人。"),
    _partner("housing", "住房和城乡建设局", "收渣土车违法与自卸货车驾驶人。"),
    _partner("market", "市场监督管理局", "收有营运车辆的企业。"),
)  # fmt: skip
BY_CODE = {agency.code: agency for agency in AGENCIES}


def fault_of(agency: Agency, mode: str) -> Fault | None:
    """The button of a fault, if the agency has one."""
    return next((fault for fault in agency.faults if fault.mode == mode), None)


def act_of(agency: Agency, code: str) -> Act | None:
    """The button of an act, if the agency has one."""
    return next((act for act in agency.acts if act.code == code), None)
