"""What can be wrong with a row, in words: stored as codes, worded when shown.

Levels: REJECT the row cannot be read; REVIEW it is held back for a person; WARN it goes in, with this said.
"""

from __future__ import annotations

from typing import NamedTuple

REJECT, REVIEW, WARN = "REJECT", "REVIEW", "WARN"


class Wording(NamedTuple):
    """Level and sentence; `{column}` names the column as the file calls it."""

    level: str
    text: str


WORDINGS: dict[str, Wording] = {
    "TOO_MANY_CELLS": Wording(REJECT, "单元格多于表头列数，可能多了分隔符或引号不成对"),
    "TOO_FEW_CELLS": Wording(REJECT, "单元格少于表头列数，可能少了分隔符"),
    "CELL_TOO_LONG": Wording(REJECT, "“{column}”内容过长（超过 2000 字）"),
    "KEY_ALL_BLANK": Wording(REVIEW, "“{column}”为空，没有可用的主键，请补填"),
    "KEY_BLANK": Wording(REVIEW, "“{column}”填的是“无、0、不详”一类的内容，请补填真实号码"),
    "KEY_REPEATED": Wording(REVIEW, "“{column}”全是同一字符，不是真实号码，请核对原件"),
    "KEY_LENGTH": Wording(REVIEW, "“{column}”位数不对，请核对原件"),
    "KEY_CHARACTER": Wording(REVIEW, "“{column}”含有不应出现的字符（字母 O/I 不会被自动改成数字），请核对原件"),
    "KEY_CHECK_DIGIT": Wording(REVIEW, "“{column}”校验位不对，多半是抄错一位，请核对原件"),
    "KEY_DATE": Wording(REVIEW, "“{column}”中的出生日期不存在，请核对原件"),
    "KEY_FORM": Wording(REVIEW, "“{column}”不符合号码格式，请核对原件"),
    "PRECISION_LOST": Wording(REVIEW, "“{column}”在表格里是数字格式，末尾几位已丢失；请把该列设为文本后重新填写"),
    "PLATE_TYPE_UNKNOWN": Wording(REVIEW, "没有号牌种类，也无法由号牌或颜色推定，请补填“{column}”"),
    "COORDINATES_SWAPPED": Wording(REVIEW, "“{column}”经纬度写反了，请对调"),
    "SECTION_NESTED": Wording(REVIEW, "“{column}”所指的也是一个路段（或互为上级）；路段只能属于一条完整的道路"),
    "SECTION_OUTSIDE": Wording(REVIEW, "“{column}”画的路段偏离所属道路 30 米以上，请核对线位或所属道路编号"),
    "SECTION_STAKES": Wording(REVIEW, "“{column}”：路段的起止桩号超出所属道路，或起点大于终点，请核对"),
    "ADDRESS_REQUIRED": Wording(
        REVIEW,
        "“{column}”没有对应到标准地址，而该来源必须有标准地址；请在“地址待核”中裁定后点“重新处理”，或由来源填写标准地址编码",
    ),
    "ADDRESS_OUTSIDE": Wording(
        REVIEW, "“{column}”是外地地址，该来源的每一行至少要有一个本地标准地址；请由来源填写标准地址编码"
    ),
    "ADDRESS_BLANK": Wording(REVIEW, "“{column}”为空，而该来源必须有标准地址；请由来源填写地址或标准地址编码"),
    "ADDRESS_CODE_UNKNOWN": Wording(
        WARN, "“{column}”里的编码在标准地址库中没有，或已停用，未按编码采用；请由来源核对编码"
    ),
    "TIME_BLANK": Wording(REVIEW, "“{column}”为空，不知道何时发生，请补填日期和时间"),
    "TIME_UNREADABLE": Wording(REVIEW, "“{column}”不是时间，请按 2026-03-01 14:20 的样子填写"),
    "TIME_IMPLAUSIBLE": Wording(
        REVIEW, "“{column}”早于 1990 年或晚于数据时间一天以上，多半是对方系统时钟或填写有误，请核对"
    ),
    "POSITION_BLANK": Wording(REVIEW, "“{column}”为空或不是坐标数字，不知道车在哪里，请核对"),
    "POSITION_ZERO": Wording(REVIEW, "“{column}”是 0,0：终端没有定位成功，未采用"),
    "POSITION_OUTSIDE": Wording(REVIEW, "“{column}”不在中国范围内，请核对坐标和坐标系"),
    "POSITION_TOO_OLD": Wording(REVIEW, "“{column}”早于位置数据的保存期限（92 天），不再登记"),
    "ACCIDENT_NUMBER_BLANK": Wording(REVIEW, "“{column}”为空，不知道是哪起事故的当事人，请补填事故编号"),
    "TIME_OF_DAY_MISSING": Wording(WARN, "“{column}”只有日期没有时分，按 0 时登记，按时段统计时请留意"),
    "MOMENT_UNREADABLE": Wording(WARN, "“{column}”不是时间，未采用；应如 2026-03-01 14:20"),
    "PLATE_UNREADABLE": Wording(WARN, "“{column}”不是有效号牌，未关联车辆，识别结果原样保留"),
    "NUMBER_DOUBTFUL": Wording(WARN, "“{column}”不是有效的公民身份号码，未关联人员"),
    "POINTS_DIFFER": Wording(WARN, "“{column}”与违法当日的记分规则不一致，按来源所填登记，请核对违法代码和记分"),
    "COORDINATES_OUTSIDE": Wording(WARN, "“{column}”不在莱州范围内，坐标未采用"),
    "COORDINATES_UNREADABLE": Wording(WARN, "“{column}”不是坐标数字，坐标未采用"),
    "LINE_UNREADABLE": Wording(
        WARN, "“{column}”不是可读的线（应如 LINESTRING (119.9 37.1, 119.95 37.12)），线位未采用"
    ),
    "LINE_NOT_ONE": Wording(WARN, "“{column}”不是一条首尾相接的线，线位未采用；请按道路逐条提供"),
    "LINE_OUTSIDE": Wording(WARN, "“{column}”有部分不在莱州范围内，线位未采用；请核对坐标系"),
    "STAKE_UNREADABLE": Wording(WARN, "“{column}”不是桩号，未采用；应如 K19+906"),
    "MAYBE_GCJ02": Wording(
        WARN,
        "“{column}”与地址相差约 500 米且方向与 GCJ-02 偏移一致，坐标未采用；若整份文件如此，请在导入时选择坐标系 GCJ-02",
    ),
    "DATUM_UNKNOWN": Wording(WARN, "“{column}”写的坐标系不认识（可写 WGS84、CGCS2000、GCJ-02、BD-09），坐标未采用"),
    "DATE_UNREADABLE": Wording(WARN, "“{column}”不是日期，未采用；应如 2019-03-01"),
    "NUMBER_UNREADABLE": Wording(WARN, "“{column}”不是数字，未采用"),
    "CODE_UNKNOWN": Wording(WARN, "“{column}”不在代码表中，未采用"),
    "VALUE_TOO_LONG": Wording(WARN, "“{column}”过长，未采用"),
    "PHONE_UNREADABLE": Wording(WARN, "“{column}”不是电话号码，未采用"),
    "RELATION_NUMBER": Wording(WARN, "“{column}”不是有效的证件号或信用代码，关系未建立"),
    "VIN_DOUBTFUL": Wording(WARN, "“{column}”不是 17 位标准代号，已按原样登记，请留意"),
    "PLATE_ANOMALY": Wording(WARN, "“{column}”：该号牌同时登记在另一车辆识别代号名下，已列为号牌异常，未合并"),
    "KEY_CONFLICT": Wording(WARN, "“{column}”属于另一要素，已列为证件号冲突，未合并"),
    "DUPLICATE_ROW": Wording(WARN, "同一文件中后面还有该对象的行，以后出现的为准"),
}


def worded(problem: dict[str, str]) -> dict[str, str]:
    """A stored problem {code, column} with its level and sentence."""
    wording = WORDINGS[problem["code"]]
    return {**problem, "level": wording.level, "text": wording.text.format(column=problem.get("column", ""))}


def sentence(problems: list[dict[str, str]]) -> str:
    """All problems of a row in one cell of the mend file."""
    return "；".join(worded(problem)["text"] for problem in problems)
