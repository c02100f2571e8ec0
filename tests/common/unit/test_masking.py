"""Masks show what the customer's defaults allow and no more."""

import pytest

from common import masking


@pytest.mark.parametrize(
    ("mask", "value", "shown"),
    [
        (masking.mask_citizen_id, "370683199001010015", "370683********0015"),
        (masking.mask_citizen_id, "12345", "*****"),
        (masking.mask_phone, "13812345678", "138****5678"),
        (masking.mask_phone, "110", "****"),
        (masking.mask_file_number, "370600123456", "3706******56"),
        (masking.mask_file_number, "1234567", "****"),
        (masking.mask_name, "张三丰", "张*"),
        (masking.mask_name, "", ""),
        (masking.mask_plate, "鲁F12345", "鲁F***45"),
        (masking.mask_plate, "鲁F1", "***"),
    ],
)
def test_mask(mask, value: str, shown: str) -> None:
    assert mask(value) == shown


def test_every_sealed_kind_of_number_has_a_mask() -> None:
    from elements.kinds import KINDS

    purposes = {purpose for kind in KINDS.values() for purpose in kind.sealed_fields.values()}
    assert purposes == set(masking.MASKS)


@pytest.mark.parametrize(
    "name",
    [
        "莱州市屹岱珩机械有限公司",
        "莱州市宏达运输有限公司（莱州分公司）第一车队",
        "莱州市驾驶员培训学校",
        "莱州市屹昶赟果蔬专业合作社",
        "莱州市三山岛岱沧赵记超市",
        "莱州市土山皓泓潘记海鲜行",
        "东试村供水站",
        "张三汽修厂",
        "YTO物流公司",
    ],
)
def test_the_name_of_a_firm_is_public(name: str) -> None:
    assert masking.mask_holder(name) == name


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("王建国", "王*"),
        ("欧阳博鹏", "欧*"),
        ("买买提艾力", "买*"),
        ("阿卜杜拉·买买提", "阿*"),
        ("王建国李慎行", "王*"),  # two owners, the last of whom ends like a shop
        ("张大厂", "张*"),
        ("王记商店", "王*"),  # four characters: in doubt masked
        ("王建国 莱州市宏达运输有限公司", "王*"),
        ("王建国，莱州市宏达运输有限公司", "王*"),
        ("王建国/莱州市宏达运输有限公司", "王*"),
        ("王建国挂靠莱州市宏达运输有限公司", "王*"),
        ("王建国13812345678有限公司", "王*"),
        ("莱州市宏达运输有限公司王建国", "莱*"),
        ("莱州市宏达运输有限公司\n", "莱*"),
        ("", ""),
    ],
)
def test_what_may_be_a_person_is_masked(name: str, shown: str) -> None:
    assert masking.mask_holder(name) == shown
