"""The page of an element that was opened from a list: rows before and after, the way back, what the URL carries."""

from __future__ import annotations

import json
import os
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from elements.models import Element, SavedFilter
from elements.selectors.searches import save_search
from tests.factories.numbers import plate
from tests.factories.registries import NOW, World, signed_in

BASELINE = Path(__file__).resolve().parents[2] / "query_counts.json"
LIST = "/registry/vehicles/"


@pytest.fixture
def client(world: World) -> Client:
    return signed_in(world, "brigade")


def rows(client: Client, query: str = "") -> tuple[list[int], str]:
    answer = client.get(LIST + query)
    assert answer.status_code == 200
    return [row["id"] for row in answer.context["rows"]], answer.context["element_query"]


def bar(client: Client, element_id: int, query: str):
    return client.get(reverse("console:element-neighbours", args=[element_id]) + query)


def opened(client: Client, url: str):
    """The bar of the page behind a link, as the browser fetches it."""
    page = client.get(url)
    assert page.status_code == 200
    return client.get(page.context["neighbours_url"])


def test_the_row_leads_to_a_page_that_knows_its_list(client):
    ids, query = rows(client, "?use_nature=A&sort=-inspection_valid_to")
    page = client.get(reverse("console:element", args=[ids[2]]) + query)
    answer = client.get(page.context["neighbours_url"])

    assert (
        f'href="{reverse("console:element", args=[ids[2]])}{query.replace("&", "&amp;")}"'
        in client.get(f"{LIST}?use_nature=A&sort=-inspection_valid_to").content.decode()
    )
    assert page.context["tabs"][1]["url"].startswith("?tab=relations&use_nature=A")
    assert answer.context["position_text"] == "第 3 条，共 6 条"
    assert urlsplit(answer.context["previous_url"]).path == reverse("console:element", args=[ids[1]])
    assert urlsplit(answer.context["next_url"]).path == reverse("console:element", args=[ids[3]])


def test_without_a_list_the_page_is_as_before(client, world):
    page = client.get(reverse("console:element", args=[world.elements("VEHICLE")[0].pk]))

    assert page.context["neighbours_url"] == "" and "element-neighbours" not in page.content.decode()
    assert page.context["tabs"][1]["url"] == "?tab=relations"
    broken = client.get(reverse("console:element", args=[world.elements("VEHICLE")[0].pk]) + "?list=nothing")
    assert (broken.status_code, broken.context["neighbours_url"]) == (200, "")


def test_one_walks_through_the_whole_list_and_back_on_the_same_tab(client):
    ids, query = rows(client)
    url = f"{reverse('console:element', args=[ids[0]])}{query}&tab=claims"
    seen = []
    while url:
        seen.append(int(urlsplit(url).path.split("/")[2]))
        answer = opened(client, url)
        url = answer.context["next_url"]
    assert seen == ids
    assert parse_qs(urlsplit(answer.context["previous_url"]).query)["tab"] == ["claims"]
    assert 'aria-disabled="true">下一条' in answer.content.decode()


def test_the_way_back_is_the_list_as_it_was(client):
    first = client.get(f"{LIST}?page_size=20&use_nature=A").request
    assert first["QUERY_STRING"] == "page_size=20&use_nature=A"
    ids, query = rows(client, "?page_size=20&use_nature=A")

    answer = bar(client, ids[1], query)

    assert answer.context["back_url"] == f"{LIST}?page_size=20&use_nature=A#element-{ids[1]}"
    assert f'id="element-{ids[1]}"' in client.get(answer.context["back_url"]).content.decode()


def test_who_walked_off_the_page_comes_back_to_the_page_of_the_element(client, monkeypatch):
    monkeypatch.setattr("console.element_neighbours.page_size_of", lambda data: 3)
    ids, query = rows(client)

    back = bar(client, ids[7], query).context["back_url"]

    shown = client.get(back)
    assert next(row["id"] for row in shown.context["rows"]) == ids[7]
    assert back.endswith(f"#element-{ids[7]}") and "cursor=" in back


def test_after_an_edit_the_bar_says_that_the_row_left_the_list_and_leads_on(client):
    ids, query = rows(client, "?use_nature=A")
    refresh = bar(client, ids[1], query).context["refresh_url"]
    Element.objects.get(pk=ids[1]).vehicle.__class__.objects.filter(pk=ids[1]).update(use_nature="F")

    answer = client.get(refresh)

    assert "已不在此清单中" in answer.content.decode()
    assert urlsplit(answer.context["next_url"]).path == reverse("console:element", args=[ids[2]])
    assert "at=" not in answer.context["next_url"]
    assert answer.context["back_url"] == f"{LIST}?use_nature=A#element-{ids[1]}"


def test_a_search_travels_as_its_token(client, world):
    saved = save_search(text=plate(3), user=world.users["brigade"], now=NOW.replace(year=2099))
    ids, query = rows(client, f"?search={saved.token}")

    answer = bar(client, ids[0], query)

    assert (len(ids), answer.context["position_text"]) == (1, "第 1 条，共 1 条")
    assert plate(3) not in answer.content.decode() + query
    stranger = bar(signed_in(world, "analyst"), ids[0], query)
    assert "这次检索已失效" in stranger.content.decode() and "data-neighbour" not in stranger.content.decode()


def test_a_saved_filter_and_the_list_it_opens_with_hold(client, world):
    saved = SavedFilter.objects.create(
        user_id=world.users["brigade"].pk, list_name="vehicles", name="非营运", query="use_nature=A", created_at=NOW
    )  # fmt: skip
    ids, query = rows(client, f"?filter={saved.pk}")

    assert bar(client, ids[0], query).context["position_text"] == "第 1 条，共 6 条"
    saved.delete()
    gone = bar(client, ids[0], query)
    assert gone.status_code == 200 and gone.context["back_url"] == f"{LIST}?filter=none"


@pytest.mark.parametrize(
    "query", ["?list=vehicles&sort=nothing", "?list=vehicles&inspection_before=x", "?list=vehicles&at=x"]
)
def test_a_list_that_cannot_be_asked_says_why(client, world, query):
    answer = bar(client, world.elements("VEHICLE")[0].pk, query)

    assert answer.status_code == 200 and "清单条件已失效" in answer.content.decode()
    assert "data-neighbour" not in answer.content.decode()


def test_a_foreign_element_and_an_unknown_list_answer_like_a_missing_one(world):
    client = signed_in(world, "officer-1")
    foreign, _query = rows(signed_in(world, "officer-2"))
    own, _query = rows(client)

    answers = [
        bar(client, foreign[0], "?list=vehicles"),
        bar(client, 999_999_999, "?list=vehicles"),
        bar(client, own[0], "?list=nothing"),
        bar(client, own[0], ""),
    ]
    assert [one.status_code for one in answers] == [404, 404, 404, 404]


def test_the_rows_beside_never_lie_outside_the_scope(world):
    client = signed_in(world, "officer-1")
    ids, query = rows(client)

    steps = [bar(client, one, query).context for one in ids]

    told = {int(urlsplit(one["next_url"]).path.split("/")[2]) for one in steps if one["next_url"]}
    assert told == set(ids[1:]) and len(ids) == 6


def test_an_element_that_is_not_of_the_list_has_no_number(client, world):
    driver = world.elements("PERSON")[0]

    answer = bar(client, driver.pk, "?list=vehicles&sort=block")

    assert answer.context["is_listed"] is False


@pytest.mark.parametrize("user", ["brigade", "officer-1"])
def test_the_number_of_queries_is_the_recorded_one(world, user):
    client = signed_in(world, user)
    ids, query = rows(client)
    counted = []
    for element_id in (ids[0], ids[3], ids[-1]):
        bar(client, element_id, query)
        with CaptureQueriesContext(connection) as captured:
            bar(client, element_id, query)
        counted.append(len(captured))

    name = f"{user}: element neighbours"
    baseline = json.loads(BASELINE.read_text())
    if os.environ.get("WRITE_QUERY_COUNTS"):
        BASELINE.write_text(
            json.dumps(dict(sorted((baseline | {name: counted[0]}).items())), ensure_ascii=False, indent=2) + "\n"
        )
        return
    # Behind the last row it looks among those without a value, too.
    assert counted == [baseline[name], baseline[name], baseline[name] + 1]
