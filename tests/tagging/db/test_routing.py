"""Who is told of an alert: by block and post, on both sides of a border, and who stands in for who is missing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.choices import Role
from accounts.models import Post, User
from common import clock
from tagging.services.routing import blocks_beside, posts_over, route, told_above
from tests.factories.alerts import vehicle_at
from tests.factories.users import make_user

OFFICER = "责任块的警务区交警"


def names(users, told) -> dict[str, str]:
    by_pk = {user.pk: name for name, user in users.items()}
    return {by_pk.get(one.user_id, str(one.user_id)): one.reason for one in told}


def routed(users, element) -> dict[str, str]:
    return names(users, route({1: (element.block_id, element.pk)}, clock.today())[1])


def test_the_posts_over_the_block_are_told_with_the_reason(users):
    assert routed(users, vehicle_at(1, grid=0)) == {"officer-1": OFFICER, "coordinator-1": "责任块的网格协管员"}
    # The assistant's post is the village of the second grid.
    assert routed(users, vehicle_at(2, grid=1)) == {"officer-1": OFFICER, "assistant-1": "责任块所在村居的警务助理"}


def test_without_an_officer_the_squadron_is_told_and_without_that_the_brigade(users):
    assert routed(users, vehicle_at(3, grid=3)) == {"squadron-1": "责任块没有警务区交警，由中队长接收"}

    Post.objects.filter(user=users["officer-2"]).delete()
    assert routed(users, vehicle_at(4, grid=5)) == {"brigade": "责任块没有警务区交警和中队长，由大队接收"}


def test_a_thing_near_a_border_is_told_on_both_sides(users, city):
    near, far = vehicle_at(5, grid=0, east=0.95), vehicle_at(6, grid=0, east=0.75)
    assert blocks_beside([near.pk, far.pk], clock.today()) == {near.pk: [(city.grids[1].pk, "G-2")]}
    assert routed(users, near) == {
        "officer-1": OFFICER, "coordinator-1": "责任块的网格协管员", "assistant-1": "临近“G-2”网格",
    }  # fmt: skip

    # The grids of two squadrons meet here: the officer of the other one hears of it as well.
    assert routed(users, vehicle_at(7, grid=3, east=0.97)) == {
        "squadron-1": "责任块没有警务区交警，由中队长接收", "officer-2": "临近“G-5”网格",
    }  # fmt: skip


@pytest.mark.parametrize("change", ["expired", "not yet", "switched off"])
def test_who_does_not_hold_the_post_today_is_not_told(users, change):
    officer, today = users["officer-1"], clock.today()
    if change == "switched off":
        User.objects.filter(pk=officer.pk).update(is_active=False)
    else:
        # The end is not included: who holds it until today holds it no more.
        period = {"valid_to": today} if change == "expired" else {"valid_from": today + timedelta(days=1)}
        Post.objects.filter(user=officer).update(**period)

    assert routed(users, vehicle_at(8, grid=0)) == {
        "coordinator-1": "责任块的网格协管员", "squadron-1": "责任块没有警务区交警，由中队长接收",
    }  # fmt: skip


def test_who_is_told_for_two_reasons_is_told_once_for_the_nearest(users, city):
    both = make_user("both", Role.COORDINATOR, area=city.grids[1])
    Post.objects.create(user=both, role=Role.OFFICER, area=city.districts[1], valid_from=clock.today())
    element = vehicle_at(9, grid=1, east=0.95)

    found = route({1: (element.block_id, element.pk)}, clock.today())[1]

    assert [one.reason for one in found if one.user_id == both.pk] == ["责任块的网格协管员"]


def test_a_rung_above_falls_to_the_brigade_where_the_squadron_has_no_head(users, city):
    posts = posts_over([city.grids[0].pk, city.grids[5].pk], clock.today())
    above = {grid: told_above(posts, city.grids[grid].pk, Role.SQUADRON, why="上报中队长") for grid in (0, 5)}
    assert names(users, above[0]) == {"squadron-1": "上报中队长"}
    assert names(users, above[5]) == {"brigade": "上报中队长（没有中队长，由大队接收）"}


def test_an_unplaced_thing_goes_to_the_brigade(users, city):
    element = vehicle_at(10, grid=0)
    found = route({1: (city.unplaced.pk, element.pk)}, clock.today())[1]
    assert names(users, found)["brigade"] == "责任块没有警务区交警和中队长，由大队接收"


def test_the_number_of_statements_does_not_grow(users):
    elements = [vehicle_at(number, grid=number % 6) for number in range(20, 32)]
    counts = []
    for some in (elements[:1], elements):
        with CaptureQueriesContext(connection) as found:
            route({one.pk: (one.block_id, one.pk) for one in some}, clock.today())
        counts.append(len(found))
    assert counts == [3, 3]
