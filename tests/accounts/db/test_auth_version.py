"""Whatever changes what a user may do ends the user's sessions and tokens, whoever changes it and how."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from accounts.choices import Role
from accounts.models import Post, User
from tests.factories.registries import BEGIN, make_user

pytestmark = pytest.mark.django_db


def add_post(user: User) -> None:
    Post.objects.create(user=user, role=Role.ANALYST, valid_from=BEGIN)


def end_post(user: User) -> None:
    post = user.posts.get()
    post.valid_to = BEGIN + timedelta(days=1)
    post.save()


def delete_post(user: User) -> None:
    user.posts.get().delete()


def new_password(user: User) -> None:
    user.set_password("Another-password-2026")
    user.save()


def switch_off(user: User) -> None:
    user.is_active = False
    user.save()


@pytest.mark.parametrize("change", [add_post, end_post, delete_post, new_password, switch_off])
def test_a_change_ends_the_session_and_is_counted_once(change) -> None:
    user = make_user("changed", Role.BRIGADE)
    other = make_user("other", Role.BRIGADE)
    client, bystander = Client(), Client()
    client.force_login(user)
    bystander.force_login(other)
    assert [c.get("/").status_code for c in (client, bystander)] == [200, 200]
    before = user.auth_version
    change(user)

    assert User.objects.get(pk=user.pk).auth_version == before + 1
    assert User.objects.get(pk=other.pk).auth_version == other.auth_version
    assert [c.get("/").status_code for c in (client, bystander)] == [302, 200]


def test_another_name_ends_nothing() -> None:
    user = make_user("renamed", Role.BRIGADE)
    client = Client()
    client.force_login(user)
    client.get("/")
    user.display_name = "新名"
    user.save()

    assert client.get("/").status_code == 200
