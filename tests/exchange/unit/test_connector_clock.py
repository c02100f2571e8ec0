"""Watermarks as sources write them: set back by the overlap, compared as moments, never believed beyond now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from exchange.connectors.base import Clock, LinkError, Options

NOW = datetime(2026, 5, 1, 4, 0, tzinfo=UTC)  # noon in Beijing
SECOND = "%Y-%m-%d %H:%M:%S"


@pytest.mark.parametrize(
    ("written", "watermark", "since"),
    [
        ("iso", "2026-05-01T12:00:00.123456", "2026-05-01T11:55:00.123456+08:00"),
        ("iso", "2026-05-01T04:00:00+00:00", "2026-05-01T11:55:00+08:00"),
        (SECOND, "2026-05-01 00:01:00", "2026-04-30 23:56:00"),
        (SECOND, "", ""), ("iso", "4711", "4711"),
    ],
)  # fmt: skip
def test_the_overlap_is_taken_off_in_the_words_of_the_source(written, watermark, since):
    assert Clock(written).since(watermark, 300) == since


def test_the_latest_is_found_among_what_are_times():
    texts = ["不详", "2026-05-01T12:00:00", "2026-05-01T03:00:00+00:00", ""]
    assert Clock().latest(texts) == "2026-05-01T12:00:00"
    assert Clock().latest(["不详"]) == ""


def test_a_watermark_never_goes_back_nor_beyond_now():
    clock = Clock(SECOND)
    assert clock.reached("2026-05-01 11:00:00", "2026-05-01 11:30:00", NOW) == "2026-05-01 11:30:00"
    assert clock.reached("2026-05-01 11:59:00", "2026-05-01 11:30:00", NOW) == "2026-05-01 11:59:00"
    assert clock.reached("2029-05-01 11:59:00", "2026-05-01 11:30:00", NOW) == "2026-05-01 12:00:00"
    assert clock.reached("", "2026-05-01 11:30:00", NOW) == "2026-05-01 11:30:00"


@pytest.mark.parametrize(
    ("latest", "since", "off"),
    [
        ("2026-05-01 12:09:00", "", None), ("2026-05-01 12:20:00", "", timedelta(minutes=20)),
        ("2023-05-01 12:00:00", "2026-05-01 11:00:00", timedelta(days=-1096) + timedelta(hours=1)),
        ("2026-05-01 10:00:00", "2026-05-01 11:00:00", None), ("", "2026-05-01 11:00:00", None),
    ],
)  # fmt: skip
def test_a_clock_is_doubted_when_it_is_ahead_or_days_behind(latest, since, off):
    assert Clock(SECOND).off_by(latest, since, NOW) == off


def test_a_zone_that_is_none_is_named():
    with pytest.raises(LinkError) as refused:
        Clock.of({"column": "x", "zone": "Mars/Olympus"})
    assert "watermark.zone" in refused.value.message


@pytest.mark.parametrize(
    ("values", "ask", "word"),
    [
        ({}, lambda o: o.text("url"), "“url”"), ({"limit": 0}, lambda o: o.number("limit", 5), "大于 0"),
        ({"limit": True}, lambda o: o.number("limit", 5), "大于 0"), ({"auth": "x"}, lambda o: o.choice("auth", ("none",)), "只能是 none"),
        ({"body": []}, lambda o: o.table("body"), "一组"), ({"columns": [1]}, lambda o: o.names("columns"), "一列"),
    ],
)  # fmt: skip
def test_options_of_the_wrong_form_are_named(values, ask, word):
    with pytest.raises(LinkError) as refused:
        ask(Options(values))
    assert (refused.value.code, word in refused.value.message) == ("LINK_OPTIONS", True)
