"""Decisions teach the engine's confidence; labelled files measure it."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from addresses.choices import DecisionState, Verdict
from addresses.models import AddressDecision, AddressText, Calibration
from addresses.parsing.normalise import cache_key
from addresses.services.calibration import calibrate, decided_examples
from addresses.services.index_version import current_index_version, raise_index_version
from addresses.services.resolution import ensure_texts, load_index, resolve_texts
from common.errors import DomainError
from common.jobs import UnwatchedRun
from common.models import AuditRow
from tests.factories.address_texts import unknown_house
from tests.factories.claims import NOW

pytestmark = pytest.mark.django_db


def decided(address, *, count: int, proposed, confidence: float, state=DecisionState.STANDING, at: int = 0) -> None:
    """Decisions that name `address` (None: no address) for texts for which the engine had proposed `proposed`."""
    AddressDecision.objects.bulk_create(
        AddressDecision(
            normalised=f"文本{confidence}-{at}-{number}", verdict=Verdict.LINK if address else Verdict.NOT_ADDRESS,
            address=address, engine_address_id=proposed and proposed.pk, engine_status="exact",
            engine_confidence=confidence, state=state, actor_id=1, decided_at=NOW,
            undone_at=NOW if state == DecisionState.UNDONE else None,
        )
        for number in range(count)
    )  # fmt: skip


def test_standing_decisions_become_monotone_buckets_and_every_process_uses_them(city):
    house, other = city.address(0, 3), city.address(0, 8)
    decided(house, count=90, proposed=house, confidence=0.998)
    decided(house, count=10, proposed=other, confidence=0.998, at=1)
    decided(house, count=30, proposed=other, confidence=0.4)
    decided(None, count=10, proposed=other, confidence=0.4, at=2)
    decided(house, count=500, proposed=other, confidence=0.998, state=DecisionState.UNDONE, at=3)
    version = current_index_version()
    raw = resolve_texts([city.text(0)])[0]

    made = calibrate(actor_id=None, now=NOW, at_least=140)

    assert made.buckets == [
        {"from": 0.4, "to": 0.4, "examples": 40, "right": 0, "confidence": 0.0122},
        {"from": 0.998, "to": 0.998, "examples": 100, "right": 90, "confidence": 0.896},
    ]
    assert current_index_version() == version + 1
    assert AuditRow.objects.filter(verb="ADDRESS_CALIBRATED", count=140).count() == 1
    found = resolve_texts([city.text(0)])[0]
    assert (found.status, found.node, found.confidence) == ("exact", raw.node, 0.896)
    assert found.raw_confidence == raw.confidence == 0.998


def test_too_few_decisions_are_refused_and_change_nothing(city):
    house = city.address(0, 3)
    decided(house, count=199, proposed=house, confidence=0.998)
    version = current_index_version()
    with pytest.raises(DomainError) as refused:
        calibrate(actor_id=None, now=NOW)
    assert refused.value.code == "CALIBRATION_TOO_FEW"
    assert (Calibration.objects.count(), current_index_version()) == (0, version)
    assert load_index().confidences is None


def test_an_open_text_teaches_by_its_first_candidate_and_by_the_raw_figure(city):
    text = unknown_house(city)
    ensure_texts([text], UnwatchedRun())
    row = AddressText.objects.get(text=text)
    candidate = row.explanation["candidates"][0]
    assert (row.status, row.address_id) == ("review", None)
    row.explanation |= {"raw_confidence": 0.123}
    row.save()
    AddressDecision.objects.create(
        normalised=cache_key(text), verdict=Verdict.LINK, address=city.address(0, 3), engine_status="review",
        engine_confidence=0.3, state=DecisionState.STANDING, actor_id=1, decided_at=NOW,
    )  # fmt: skip
    [example] = decided_examples()
    assert candidate["code"] != city.address(0, 3).code
    assert (example.raw, example.is_right, example.was_accepted) == (0.123, False, False)


def test_the_raw_figure_is_stored_once_there_is_a_calibration(city):
    Calibration.objects.create(
        made_at=NOW, examples=200, buckets=[{"from": 0.0, "to": 1.0, "examples": 200, "right": 180, "confidence": 0.9}]
    )
    Calibration.objects.create(
        made_at=NOW,
        examples=9,
        is_active=False,
        buckets=[{"from": 0, "to": 1, "examples": 9, "right": 0, "confidence": 0}],
    )
    raise_index_version()
    texts = [city.text(0), unknown_house(city)]
    ensure_texts(texts, UnwatchedRun())
    linked, open_one = (AddressText.objects.get(text=text) for text in texts)
    assert (linked.status, linked.confidence, linked.explanation["raw_confidence"]) == ("exact", 0.9, 0.998)
    assert (open_one.status, open_one.confidence, open_one.address_id) == ("review", 0.5, None)


def test_the_command_prints_the_reliability_table_or_the_reason(city):
    house = city.address(0, 3)
    with pytest.raises(CommandError, match="只有 0 条"):
        call_command("calibrate_addresses")
    decided(house, count=30, proposed=house, confidence=0.998)
    out = StringIO()
    call_command("calibrate_addresses", at_least=30, stdout=out)
    lines = out.getvalue().splitlines()
    assert lines[0] == "样本 30 条，其中引擎已自动匹配的 30 条"
    assert lines[-1].split() == ["0.998–0.998", "30", "30", "0.984"]
    assert Calibration.objects.count() == 1


def labels(tmp_path, *lines: object):
    """A file of labelled texts; strings are written as they are."""
    path = tmp_path / "labels.jsonl"
    path.write_text(
        "\n".join(line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines), "utf-8"
    )
    return path


def test_an_evaluation_counts_what_is_found_right_and_wrong(city, tmp_path):
    path = labels(
        tmp_path,
        {"text": city.text(0), "code": "LZ-0-3", "status": "exact"},
        {"text": f"{city.text(1)}13900000000", "code": "LZ-0-3", "status": "exact"},
        {"text": unknown_house(city), "code": None, "status": "review"},
        {"text": "不详", "code": None, "status": "review"},
        "",
        "no json",
        {"text": city.text(0)},
        {"text": city.text(0), "code": "LZ-NO-SUCH", "status": "exact"},
        {"text": city.text(0), "code": None, "status": "wonderful"},
    )
    out = StringIO()
    call_command("evaluate_addresses", str(path), json=True, stdout=out)
    document = json.loads(out.getvalue())
    assert document["all"] == {
        "texts": 4, "accepted": 2, "wrong_accepted": 1, "precision": 0.5, "recall": 0.5, "status_right": 0.75,
    }  # fmt: skip
    assert {name: row["texts"] for name, row in document["by_status"].items()} == {"exact": 2, "review": 2}
    assert {name: row["texts"] for name, row in document["by_level"].items()} == {"-": 1, "number": 3}
    assert [(row["line"], row["code"], row["accepted"]) for row in document["wrong_accepted"]] == [
        (2, "LZ-0-3", "LZ-1-3")
    ]
    assert "13900000000" not in out.getvalue()
    assert [row["line"] for row in document["bad_lines"]] == [6, 7, 8, 9]
    # Two of .998 with one right, one open candidate of .3 that is wrong.
    assert document["calibration_error"] == pytest.approx((2 * 0.498 + 0.3) / 3, abs=1e-3)
    assert AddressText.objects.count() == 0


def test_an_evaluation_in_words_names_bad_lines_by_number(city, tmp_path):
    out = StringIO()
    path = labels(tmp_path, {"text": city.text(0), "code": "LZ-0-3", "status": "exact"}, "{")
    call_command("evaluate_addresses", str(path), stdout=out)
    assert "line 2 not used: 不是 JSON" in out.getvalue()
    assert "wrong and accepted: 0" in out.getvalue()


def test_a_file_without_a_good_line_is_refused(city, tmp_path):
    with pytest.raises(CommandError, match="有问题的行：1、2"):
        call_command("evaluate_addresses", str(labels(tmp_path, "{", "[]")))
    with pytest.raises(CommandError, match="没有这个文件：none"):
        call_command("evaluate_addresses", str(tmp_path / "none.jsonl"))
