"""What a reader without the right sees of a personal value. Source: the customer's masking defaults."""

from __future__ import annotations

import re

# Endings that no personal name has; what is shorter than five characters is never taken for a firm.
_FIRM_ENDINGS = (
    "公司", "集团", "银行", "厂", "矿", "队", "站", "学校", "小学", "中学", "大学", "学院", "幼儿园", "医院", "卫生院", "诊所",
    "合作社", "供销社", "旅行社", "农场", "店", "超市", "商行", "车行", "粮行", "海鲜行", "中心", "委员会", "人民政府", "办事处", "派出所", "研究所",
    "事务所", "经营部", "门市部", "修理部", "服务部", "局",
)  # fmt: skip
# One name and nothing beside it: a blank, comma, stroke or long number may part a person from a firm.
_ONE_NAME = re.compile(r"(?!.*[0-9]{5})[\u4e00-\u9fffA-Za-z0-9（）()]{5,}")
# "Somebody under the licence of a firm": the end is a firm's, the beginning is a person's.
_TIES = re.compile("挂靠|代管|借用|转租|承包")


def mask_citizen_id(value: str) -> str:
    """370683********0015: division and last four stay."""
    return f"{value[:6]}********{value[-4:]}" if len(value) >= 15 else "*" * len(value)


def mask_phone(value: str) -> str:
    """138****5678."""
    return f"{value[:3]}****{value[-4:]}" if len(value) >= 10 else "****"


def mask_file_number(value: str) -> str:
    """3706******56."""
    return f"{value[:4]}******{value[-2:]}" if len(value) >= 8 else "****"


def mask_name(value: str) -> str:
    """张*; a unit's name is public and is not masked by this."""
    return f"{value[:1]}*" if value else ""


def is_firm_name(value: str) -> bool:
    """True only where the text is surely the name of a firm, school, office or the like and names nobody beside it."""
    return bool(_ONE_NAME.fullmatch(value)) and value.endswith(_FIRM_ENDINGS) and not _TIES.search(value)


def mask_holder(value: str) -> str:
    """Of an owner or legal representative, who may be a person or a firm: a firm's name is public; in doubt masked."""
    return value if is_firm_name(value) else mask_name(value)


def mask_plate(value: str) -> str:
    """鲁F***45."""
    return f"{value[:2]}***{value[-2:]}" if len(value) >= 6 else "***"


MASKS = {"citizen_id": mask_citizen_id, "phone": mask_phone, "file_no": mask_file_number}
