"""The audit log in words: every act has one, and the auditor reads names instead of numbers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from common.audit import record_audit
from common.audit_words import VERBS
from tests.factories.registries import NOW, World, signed_in

ROOT = Path(__file__).resolve().parents[3]
APPS = ("accounts", "addresses", "analytics", "common", "console", "duty", "elements", "events", "exchange", "tagging")
RECORDED = re.compile(r'verb="([A-Z_]+)"|_audit\(\s*"([A-Z_]+)"|"(ADMIN_[A-Z]+)"')
WORD = re.compile(r'"([A-Z_]{3,})"')


def test_every_recorded_act_has_a_word_and_every_word_an_act() -> None:
    sources = [
        path.read_text(encoding="utf-8")
        for app in APPS
        for path in (ROOT / app).rglob("*.py")
        if path.name != "audit_words.py"
    ]
    recorded = {verb for text in sources for groups in RECORDED.findall(text) for verb in groups if verb}
    assert len(recorded) > 60
    assert recorded <= set(VERBS)
    # Some choose the word before they record it.
    assert set(VERBS) <= {word for text in sources for word in WORD.findall(text)}


@pytest.mark.django_db
def test_the_auditor_reads_who_did_what_to_whom(world: World) -> None:
    officer = world.users["officer-1"]
    for verb, table, subject, fields in (
        ("SIGNED_IN", "accounts_user", officer.pk, ()),
        ("REVEALED", "elements_element", 7, ("citizen_id",)),
        ("EXPORTED", "elements_element", "vehicles", ()),
    ):
        record_audit(
            actor_id=officer.pk, verb=verb, subject_table=table, subject_id=subject, fields=fields, now=NOW
        )  # fmt: skip
    record_audit(actor_id=None, verb="ADMIN_MADE", subject_table="accounts_user", subject_id=officer.pk, now=NOW)
    rows = signed_in(world, "auditor").get("/").context["audit_rows"]
    told = [(row["actor"], row["verb"], row["subject"], row["fields"]) for row in rows]
    name = officer.display_name
    assert told == [
        ("系统", "开立管理员", name, []),
        (name, "导出清单", "实有机动车", []),
        (name, "查看完整号码", "要素 #7", ["公民身份号码"]),
        (name, "登录", name, []),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(("role", "shows"), [("officer-1", True), ("auditor", False), ("station-1", False)])
def test_the_search_box_is_for_who_may_read(world: World, role: str, shows: bool) -> None:
    assert (b"data-global-search" in signed_in(world, role).get("/").content) is shows
