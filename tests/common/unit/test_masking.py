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
