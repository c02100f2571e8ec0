"""Pages of the links: who sees which, what is shown of them, declaring one, trying it, the buttons of a held reading."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from common import clock
from common.models import AuditRow
from elements.models import Source, VehicleClaim
from exchange.models import Connector, ConnectorRun
from exchange.selectors.rows import raw_cells
from exchange.services.connecting import secret_of
from tests.exchange.db.link_parts import bureau_link, run_link, seed_of
from tests.factories.claims import claim, submit, vehicle_of
from tests.factories.numbers import vin
from tests.standins.conftest import module_start  # noqa: F401
from tests.standins.processes import StandIn

BASELINE = Path(__file__).resolve().parents[2] / "query_counts.json"


@pytest.fixture(scope="module")
def running(module_city, module_start) -> StandIn:  # noqa: F811
    return module_start("bureau", seed=seed_of(module_city))


@pytest.fixture
def bureau(running: StandIn, users, settings) -> StandIn:
    running.fault("")
    settings.EXCHANGE_PEERS = [f"127.0.0.1/32:{running.port}"]
    return running


@pytest.fixture
def link(users) -> Connector:
    return Connector.objects.create(
        code="some-link", name="某部门·企业", source=Source.objects.get(code="MARKET"), kind="UNIT", transport="HTTP",
        options={"url": "http://127.0.0.1:9/x", "rows": "data"}, headers=["DWMC", "TYSHXYDM"], next_run_at=clock.now(), owner=users["squadron-1"],
    )  # fmt: skip


def client_of(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text_of(user, name: str, *args: str) -> tuple[int, str]:
    answer = client_of(user).get(reverse(name, args=args))
    return answer.status_code, answer.content.decode()


def held(link: Connector, **finding) -> ConnectorRun:
    return ConnectorRun.objects.create(
        connector=link, state="HELD", problem="COLUMNS_MISSING", message="少了约定的列：DWMC。", headers=["QYMC", "TYSHXYDM"],
        counts={"finding": finding or {"drift": [{"column": "DWMC", "likely": "QYMC"}], "added": ["QYMC"]}}, started_at=clock.now(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "status", "sees"),
    [("admin", 200, True), ("brigade", 200, True), ("squadron-1", 200, True), ("liaison-1", 200, False), ("auditor", 403, False), ("nobody", 403, False)],
)  # fmt: skip
def test_who_sees_a_link(users, link, name, status, sees):
    listed = text_of(users[name], "exchange:links")
    assert (listed[0], "某部门·企业" in listed[1]) == (status, sees)
    one = text_of(users[name], "exchange:link", "some-link")[0]
    assert one == (200 if sees else 404 if status == 200 else 403)


def test_a_liaison_sees_the_links_of_its_source_and_judges_none(users, link):
    scope = users["liaison-1"].scope.source_codes
    Connector.objects.filter(pk=link.pk).update(source=Source.objects.get(code=min(scope)))
    run = held(link)
    status, text = text_of(users["liaison-1"], "exchange:link", "some-link")
    assert (status, "少了约定的列：DWMC。" in text, "照此采用一次" in text) == (200, True, False)
    answer = client_of(users["liaison-1"]).post(
        reverse("exchange:link-decide", args=["some-link", run.pk]), {"decision": "once"}
    )
    run.refresh_from_db()
    assert (answer.status_code, run.state) == (403, "HELD")


def test_the_list_says_how_well_each_link_is(users, link):
    for rows in (3, 9, 6):
        ConnectorRun.objects.create(connector=link, state="DONE", rows=rows, started_at=clock.now())
    Connector.objects.filter(pk=link.pk).update(failures=3, last_ok_at=clock.now() - timedelta(hours=2))
    text = text_of(users["admin"], "exchange:links")[1]
    assert "中断" in text and "2 小时" in text
    assert "最近各次行数：3、9、6" in text


@pytest.mark.parametrize(("name", "path"), [("link list", "/exchange/links/"), ("link", "/exchange/links/some-link/")])
def test_pages_cost_as_many_queries_for_many_links_as_for_one(users, link, name, path):
    client, counted = client_of(users["admin"]), []
    ConnectorRun.objects.create(connector=link, state="DONE", rows=1, started_at=clock.now())
    client.get(path)
    for number in range(2):
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).status_code == 200
        counted.append(len(captured))
        for more in range(4):
            other = Connector.objects.create(
                code=f"link-{number}-{more}",
                name="链路",
                source=link.source,
                kind="UNIT",
                transport="HTTP",
                next_run_at=clock.now(),
            )
            for owner in (link, other):
                ConnectorRun.objects.create(connector=owner, state="DONE", rows=more, started_at=clock.now())
    key, baseline = f"admin: {name}", json.loads(BASELINE.read_text())
    if os.environ.get("WRITE_QUERY_COUNTS"):
        changed = dict(sorted((baseline | {key: counted[0]}).items()))
        BASELINE.write_text(json.dumps(changed, ensure_ascii=False, indent=2) + "\n")
        return
    assert counted == [baseline[key], baseline[key]]


def test_the_owner_chooses_the_new_column_and_the_page_says_what_happened(users, link):
    run = held(link)
    page = text_of(users["squadron-1"], "exchange:link", "some-link")[1]
    assert '<option value="QYMC" selected>' in page and "今后都按新列" in page
    answer = client_of(users["squadron-1"]).post(
        reverse("exchange:link-decide", args=["some-link", run.pk]), {"decision": "always", "column-0": "QYMC"}
    )
    run.refresh_from_db()
    link.refresh_from_db()
    assert (answer.status_code, run.state, run.accepted_by) == (302, "RUNNING", users["squadron-1"].pk)
    assert (link.headers, link.columns) == (["QYMC", "TYSHXYDM"], {"TYSHXYDM": "uscc", "QYMC": "name"})
    again = client_of(users["squadron-1"]).post(
        reverse("exchange:link-decide", args=["some-link", run.pk]), {"decision": "refuse"}
    )
    assert (again.status_code, "已不用确认" in again.content.decode()) == (409, True)


def test_a_reading_of_another_link_is_not_found(users, link):
    other = Connector.objects.create(
        code="other", name="另一条", source=link.source, kind="UNIT", transport="HTTP", next_run_at=clock.now()
    )
    run = held(other)
    answer = client_of(users["admin"]).post(
        reverse("exchange:link-decide", args=["some-link", run.pk]), {"decision": "refuse"}
    )
    run.refresh_from_db()
    assert (answer.status_code, run.state) == (404, "HELD")


def test_pause_and_go_on_and_read_now(users, link):
    client = client_of(users["admin"])
    assert client.post(reverse("exchange:link-active", args=["some-link"]), {"active": "0"}).status_code == 302
    link.refresh_from_db()
    assert (link.is_active, "已停用" in text_of(users["admin"], "exchange:link", "some-link")[1]) == (False, True)
    assert client.post(reverse("exchange:link-active", args=["some-link"]), {"active": "1"}).status_code == 302
    assert client.post(reverse("exchange:link-run", args=["some-link"])).status_code == 302
    assert link.runs.get().state == "RUNNING"
    assert client.post(reverse("exchange:link-run", args=["some-link"])).status_code == 409
    verbs = list(AuditRow.objects.filter(verb__startswith="LINK_").order_by("pk").values_list("verb", flat=True))
    assert verbs == ["LINK_PAUSED", "LINK_RESUMED", "LINK_RUN_ASKED"]
    assert client_of(users["brigade"]).post(reverse("exchange:link-run", args=["some-link"])).status_code == 403


def form_of(link: Connector, **changes) -> dict:
    values = {name: getattr(link, name) for name in ("code", "name", "kind", "transport", "datum", "mode", "every_s", "overlap_s", "least_pct", "agreement")}  # fmt: skip
    return values | {
        "source": link.source_id, "options": json.dumps(link.options), "columns": json.dumps(link.columns), "secret": "", "is_active": "on",
    } | changes  # fmt: skip


def test_a_trial_shows_columns_and_masked_rows_and_keeps_nothing(users, bureau):
    link = bureau_link(bureau)
    secret = secret_of(link)
    link.refresh_from_db()
    person = run_link(link).batch
    client = client_of(users["admin"])
    answer = client.post(reverse("exchange:link-edit", args=[link.code]), form_of(link, **{"try": "1"}))
    text = answer.content.decode()
    assert (answer.status_code, "SFZMHM" in text, "公民身份号码" in text) == (200, True, True)
    assert secret not in text
    for row in person.rows.all()[:3]:
        cells = raw_cells(row)
        assert cells[2] not in text and cells[4] not in text and f">{cells[0]}<" not in text
    assert ConnectorRun.objects.count() == 1


def test_a_wrong_declaration_is_refused_with_words_and_saved_nowhere(users, link):
    client = client_of(users["admin"])
    url = reverse("exchange:link-edit", args=["some-link"])
    for changes, word in (
        ({"options": "{"}, "这不是 JSON"), ({"options": "[1]"}, "要写成一组"), ({"options": '{"rows": "x"}'}, "“url”"),
        ({"columns": '{"A": "nothing"}'}, "没有这样的字段：nothing"), ({"every_s": "1"}, "every_s"),
    ):  # fmt: skip
        answer = client.post(url, form_of(link) | changes)
        assert (answer.status_code, word in answer.content.decode()) == (400, True), word
    link.refresh_from_db()
    assert (link.options["rows"], AuditRow.objects.filter(verb="LINK_SAVED").count()) == ("data", 0)


def test_declaring_a_link_keeps_its_secret_sealed_and_a_blank_one_leaves_it(users, link):
    client = client_of(users["admin"])
    made = client.post(reverse("exchange:link-new"), form_of(link, code="new-link", secret="s3cret-token"))
    assert made.status_code == 302, made.context["form"].errors
    saved = Connector.objects.get(code="new-link")
    assert (secret_of(saved), b"s3cret" in bytes(saved.secret)) == ("s3cret-token", False)
    changed = client.post(reverse("exchange:link-edit", args=["new-link"]), form_of(saved, name="改名"))
    saved.refresh_from_db()
    assert (changed.status_code, saved.name, secret_of(saved)) == (302, "改名", "s3cret-token")
    assert "s3cret" not in client.get(reverse("exchange:link-edit", args=["new-link"])).content.decode()
    assert AuditRow.objects.filter(verb="LINK_SAVED").last().fields == ["name"]


@pytest.mark.parametrize("name", ["brigade", "squadron-1", "liaison-1", "officer-1", "auditor"])
def test_only_who_configures_declares(users, link, name):
    client = client_of(users[name])
    for url in (reverse("exchange:link-new"), reverse("exchange:link-edit", args=["some-link"])):
        assert (client.get(url).status_code, client.post(url, form_of(link, name="x")).status_code) == (403, 403)
    link.refresh_from_db()
    assert link.name == "某部门·企业"


def test_the_page_of_an_element_says_which_source_no_longer_holds_it(users):
    submit("TRANSPORT", "VEHICLE", claim(0, vin=vin(1), brand="甲"))
    url = reverse("console:element", args=[vehicle_of(vin(1)).pk])
    client = client_of(users["brigade"])
    assert "不再提供这个对象" not in client.get(url, {"tab": "claims"}).content.decode()
    VehicleClaim.objects.update(absent_since=clock.now())
    said = client.get(url, {"tab": "claims"}).content.decode()
    assert "重点营运车辆监管 自" in said and "不再提供这个对象" in said
