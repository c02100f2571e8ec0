"""Sealed values: bound to their field, comparable, and nothing of the value in the clear."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common import encryption
from common.encryption import INDEX_SLICE, TAIL_SLICE, SealBroken

NUMBER = "370683199001010015"


@given(st.text(min_size=1, max_size=60).filter(lambda t: t.isprintable()))
def test_unseal_returns_what_was_sealed(value: str) -> None:
    assert encryption.unseal("phone", encryption.seal("phone", value)) == value


def test_the_same_value_gives_the_same_bytes_and_another_field_gives_others() -> None:
    assert encryption.seal("citizen_id", NUMBER) == encryption.seal("citizen_id", NUMBER)
    assert encryption.seal("citizen_id", NUMBER)[INDEX_SLICE] != encryption.seal("file_no", NUMBER)[INDEX_SLICE]


def test_look_ups_find_the_sealed_value() -> None:
    sealed = encryption.seal("citizen_id", NUMBER)
    assert sealed[INDEX_SLICE] == encryption.value_index("citizen_id", NUMBER)
    assert sealed[TAIL_SLICE] == encryption.tail_index("citizen_id", "0015")


def test_nothing_of_the_value_is_readable() -> None:
    sealed = encryption.seal("citizen_id", NUMBER)
    assert all(NUMBER[i : i + 4].encode() not in sealed for i in range(len(NUMBER) - 3))


@pytest.mark.parametrize("position", [0, 1, 16, 25, -1])
def test_an_altered_byte_is_noticed(position: int) -> None:
    sealed = bytearray(encryption.seal("citizen_id", NUMBER))
    sealed[position] ^= 1
    with pytest.raises(SealBroken):
        encryption.unseal("citizen_id", bytes(sealed))


@pytest.mark.parametrize("data", [b"", b"\x01", b"\x01" * 30])
def test_a_cut_value_is_refused(data: bytes) -> None:
    with pytest.raises(SealBroken):
        encryption.unseal("citizen_id", data)


def test_a_value_of_another_field_is_refused() -> None:
    with pytest.raises(SealBroken):
        encryption.unseal("file_no", encryption.seal("citizen_id", NUMBER))


def test_raw_bytes_are_bound_to_their_purpose_and_never_repeat() -> None:
    first, second = (encryption.encrypt_bytes("row", b"abc") for _ in range(2))
    assert first != second
    assert encryption.decrypt_bytes("row", first) == b"abc"
    with pytest.raises(SealBroken):
        encryption.decrypt_bytes("file", first)
    with pytest.raises(SealBroken):
        encryption.decrypt_bytes("row", b"")
