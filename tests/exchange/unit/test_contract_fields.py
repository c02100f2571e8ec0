"""Whatever a contract names and whatever is held: no field leaves that the contract does not name."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.choices import Verb
from exchange.contracts import SUBJECTS
from exchange.models import Contract, OutboxMessage
from exchange.selectors.partners_holdings import Holding
from exchange.selectors.partners_preview import sample_document
from exchange.selectors.partners_values import value_hash
from exchange.services.delivery_rendering import CONTRACT_OVER, NO_CHANGE, NOT_SELECTED, Rendered, decide

AT = datetime(2026, 5, 1, 8, 0).astimezone()
# Fields whose raw values are plain, of every subject.
PLAIN = {
    subject: sorted(name for name, one in spec.fields.items() if not one.purpose and not one.table and name != "point")
    for subject, spec in SUBJECTS.items()
}


@st.composite
def cases(draw: Any) -> dict[str, Any]:
    subject = draw(st.sampled_from(sorted(PLAIN)))
    names = st.lists(st.sampled_from(PLAIN[subject]), unique=True)
    fields = draw(names.filter(bool))
    values = st.sampled_from(["甲", "乙", 1, None, date(2026, 1, 1)])
    record = {name: draw(values) for name in PLAIN[subject]}
    held = {name: value_hash(subject, name, draw(st.sampled_from(["甲", "乙", 1, None]))) for name in draw(names)}
    return {
        "subject": subject, "fields": fields, "record": draw(st.sampled_from([None, record])), "held": held,
        "unsure": set(draw(names)), "is_selected": draw(st.booleans()), "is_current": draw(st.booleans()),
        "verb": draw(st.sampled_from([Verb.CREATE, Verb.UPDATE, Verb.DELETE, Verb.RECALL])),
    }  # fmt: skip


@given(cases())
def test_what_leaves_lies_within_the_contract(case):
    subject, held = case["subject"], Holding(dict(case["held"]), set(case["held"]) | case["unsure"])
    contract = Contract(pk=1, subject=subject, version=1, fields=case["fields"], purpose="用途")
    message = OutboxMessage(pk=1, subject=subject, subject_id=7, verb=case["verb"], error_message="理由")
    # As the query gives it: the contract's fields alone, nothing of a record that is gone.
    raw = case["record"] and {name: case["record"][name] for name in case["fields"]}
    is_selected = case["is_selected"] and case["is_current"] and raw is not None
    made = decide(SUBJECTS[subject], contract, message, held, raw, is_selected, case["is_current"])

    if isinstance(made, Rendered):
        document = made.document(AT)
        assert set(document["fields"]) <= set(case["fields"])
        assert set(made.hashes()) == set(document["fields"])
        if made.verb in {Verb.DELETE, Verb.RECALL}:
            assert document["fields"] == {} and held.maybe
        elif not case["is_current"]:
            # Once it is over, only what is surely held, and only what changed.
            assert set(document["fields"]) <= set(case["held"])
        else:
            assert is_selected and set(document["fields"]) == set(case["fields"])
            assert set(made.withdrawn) == held.maybe - set(case["fields"])
    elif case["verb"] != Verb.RECALL:
        assert made in {NO_CHANGE, CONTRACT_OVER, NOT_SELECTED}
        assert made == NO_CHANGE or not is_selected


@pytest.mark.parametrize("subject", sorted(SUBJECTS))
def test_every_subject_has_a_sample_of_every_field_and_labels(subject):
    spec = SUBJECTS[subject]
    document = sample_document(subject, spec.fields, contract=None, sent_at=AT)

    assert list(document["fields"]) == list(spec.fields)
    assert all(str(one.label) for one in spec.fields.values()) and "ALL" in spec.selections
    # Whatever is sealed tells something of a person.
    assert [one.name for one in spec.fields.values() if one.purpose and not one.is_personal] == []
    assert [one.name for one in spec.fields.values() if one.is_state] != [] and len(max(spec.fields, key=len)) <= 40
