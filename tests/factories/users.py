"""Users with one post each."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.test import Client

from accounts.choices import Role
from accounts.models import Post, User
from tests.factories.places import SmallCity

SINCE = date(2020, 1, 1)
PASSWORD = "Not-a-secret-2026"


def make_user(username: str, role: str | None, **post: Any) -> User:
    """A user; without a role it holds no post. The password is unusable unless a test sets one."""
    user = User.objects.create(username=username, display_name=username)
    if role:
        Post.objects.create(user=user, role=role, valid_from=SINCE, **post)
    return User.objects.get(pk=user.pk)


def make_users(city: SmallCity) -> dict[str, User]:
    """One user a role by the names of the demo, `officer-2` in the other squadron, and `nobody` without a post."""
    first, _, third = city.districts
    return {
        "admin": make_user("admin", Role.ADMIN),
        "brigade": make_user("brigade", Role.BRIGADE),
        "analyst": make_user("analyst", Role.ANALYST),
        "squadron-1": make_user("squadron-1", Role.SQUADRON, area=city.squadrons[0]),
        "officer-1": make_user("officer-1", Role.OFFICER, area=first),
        "officer-2": make_user("officer-2", Role.OFFICER, area=third),
        "coordinator-1": make_user("coordinator-1", Role.COORDINATOR, area=city.grids[0]),
        "assistant-1": make_user("assistant-1", Role.ASSISTANT, village=city.villages[1]),
        "station-1": make_user("station-1", Role.STATION),
        "liaison-1": make_user("liaison-1", Role.LIAISON, source_code="TRANSPORT"),
        "auditor": make_user("auditor", Role.AUDITOR),
        "nobody": make_user("nobody", None),
    }


def signed_in(user: User) -> Client:
    """The test client with a session of this user."""
    client = Client()
    client.force_login(user)
    return client
