"""The kinds are consistent: one set of columns from stage to detail, keys and addresses that exist."""

from __future__ import annotations

import pytest

from common.codes import code_by_name, code_table
from elements.kinds import KINDS
from elements.models import FieldPolicy
from elements.services.policies import POLICY_FILE


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_stage_plan_claim_and_detail_share_their_fields(kind):
    for model in (kind.claim_model, kind.stage_model, kind.plan_model):
        assert set(kind.fields) <= {f.name for f in model._meta.get_fields()}
    for part in kind.parts:
        assert {f.name for f in part.model._meta.get_fields() if f.concrete} == {*part.fields, "element"}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_addresses_and_codes_name_fields(kind):
    assert {name for _role, name in kind.address_fields} <= set(kind.fields)
    assert set(kind.coded_fields) <= set(kind.fields)
    assert all(code_table(table) for table in kind.coded_fields.values())


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_personal_numbers_are_sealed(kind):
    plain = [
        name for name in kind.fields if name in {"citizen_id", "phone", "file_no"} and name not in kind.sealed_fields
    ]

    assert plain == []


def test_every_field_of_every_kind_has_a_policy():
    import tomllib

    document = tomllib.loads(POLICY_FILE.read_text(encoding="utf-8"))
    for code, kind in KINDS.items():
        named = [field for group in document["policy"][code] for field in group["fields"]]
        assert sorted(named) == sorted(kind.fields), code
    assert FieldPolicy._meta.get_field("source_order").base_field.max_length >= max(
        len(code) for code in document["source"]
    )


def test_names_of_codes_lead_back_to_them():
    assert (code_table("hpzl")["02"], code_by_name("hpzl")["小型汽车"]) == ("小型汽车", "02")
    with pytest.raises(FileNotFoundError):
        code_table("no-such-table")
