"""Bringing a version of an element back: what the page says, one batch with undo, two tabs.

Committed: history tells the times of transactions apart.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from common.models import AuditRow
from elements.models import ClaimBatch
from tests.console.web.test_restore import V, client_of, now, restore, three_versions, url, version
from tests.factories.claims import vehicle_of
from tests.factories.dumps import dump_elements

OFFICIAL = "官方字段，恢复后作为更正建议，以“公安交管综合应用平台·机动车登记”为准，差异进入冲突。"


@pytest.fixture
def users(committed_city) -> dict[str, Any]:
    return three_versions(committed_city)


def test_the_page_lists_what_would_come_back_and_what_would_not(users):
    page = client_of(users["brigade"]).get(url(version(0)))
    content = page.content.decode()

    rows = {row["name"]: (row["now"], row["then"]) for row in page.context["rows"]}
    assert set(rows) == {"brand", "colour", "use_nature", "seats", "owner_name", "point"}
    assert (rows["brand"], rows["seats"]) == (("丙牌", "甲牌"), ("7", ""))
    assert content.count('name="field"') == 6 and content.count(" checked") == 6
    told = {row["name"] for row in page.context["rows"] if row["is_proposal"]}
    assert told == {"use_nature", "owner_name"}, "the source of precedence says otherwise"
    assert content.count(OFFICIAL) == 2
    assert "（清空）" in content
    fixed = {row["label"]: row["why"] for row in page.context["fixed"]}
    assert fixed == {"块": "由地址和实测位置推算：恢复了地址或位置，管辖块随之重算。"}
    assert page.context["reason"].startswith("恢复到 20") and page.context["reason"].endswith("的版本")


def test_the_ticked_fields_come_back_as_one_batch_that_can_be_undone(users):
    before, client = dump_elements(), client_of(users["officer-1"])
    answer = restore(client, version(0), "brand", "seats", "point")

    assert answer["Location"] == reverse("console:element", args=[vehicle_of(V).pk]) + "?tab=history&saved=restored"
    assert now("brand", "seats", "colour", "use_nature") == ("甲牌", None, "B", "B")
    batch = ClaimBatch.objects.filter(source__code="FIELD").get()
    (said,) = batch.claims.all()
    assert (sorted(said.payload), said.cleared) == (["brand", "point"], ["seats"])
    row = AuditRow.objects.get(verb="CORRECTED")
    assert (row.actor_id, sorted(row.fields), row.reason) == (
        users["officer-1"].pk, ["brand", "point", "seats"], "恢复核对",
    )  # fmt: skip
    undo_url = reverse("console:undo-correction", args=[batch.pk])
    page = client.get(answer["Location"]).content.decode()
    assert f'data-last-undo="{undo_url}"' in page and "现场采集与核录 · officer-1" in page

    assert client.post(undo_url).status_code == 200
    assert dump_elements() == before


def test_two_tabs_the_second_sees_mine_theirs_and_the_others_and_may_submit_again(users):
    one, other = client_of(users["officer-1"]), client_of(users["brigade"])
    which, opened = version(0), vehicle_of(V).version
    edit = reverse("console:edit", args=[vehicle_of(V).pk, "brand"])
    assert one.post(edit, {"text": "丁牌", "reason": "现场核对", "version": opened}).status_code == 200

    late = restore(other, which, "brand", "seats", version=opened)
    assert late.status_code == 409
    (row,) = late.context["since"]
    change = row["change"]
    assert (change.was, change.now, change.by) == ("丙牌", "丁牌", "现场采集与核录 · officer-1")
    assert (row["mine"]["then"], row["mine"]["is_chosen"]) == ("甲牌", True)
    shown = {row["name"]: (row["now"], row["is_chosen"]) for row in late.context["rows"]}
    assert (shown["brand"], shown["seats"]) == (("丁牌", True), ("7", True))
    assert not shown["colour"][1] and not shown["owner_name"][1], "what was not ticked stays so"
    assert f'name="version" value="{vehicle_of(V).version}"' in late.content.decode()
    assert now("brand", "seats") == ("丁牌", 7)

    assert restore(other, which, "brand", "seats").status_code == 302
    assert now("brand", "seats") == ("甲牌", None)


def test_the_conditions_of_the_history_stand_in_its_address(users):
    restore(client_of(users["brigade"]), version(0), "brand", "seats")
    client, base = client_of(users["officer-1"]), reverse("console:element-history", args=[vehicle_of(V).pk])
    page = client.get(base, {"field": "brand", "manual": "on"})
    content = page.content.decode()
    assert [len(change.differences) for change in page.context["changes"]] == [1]
    assert '<option value="brand" selected>品牌</option>' in content and 'name="manual" checked' in content
    tab = reverse("console:element", args=[vehicle_of(V).pk])
    assert f'href="{tab}?tab=overview"' in content and f'href="{base}"' in content
    assert len(client.get(base).context["changes"]) == 4
    nothing = client.get(base, {"field": "phone"}).content.decode()
    assert "没有符合条件的变更。请放宽或清除筛选条件。" in nothing
