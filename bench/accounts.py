"""Signed-in readers for measurements of pages and endpoints."""

from __future__ import annotations

from datetime import date

from django.test import Client

from accounts.choices import Role
from accounts.models import Post, User
from addresses.models import Area

_VALID_FROM = date(2024, 1, 1)


def reader(role: Role, area: Area | None = None) -> User:
    """A user with one post; no password is needed, since `client_of` signs in directly."""
    user = User.objects.create(username=f"bench-{role.lower()}-{area.pk if area else 0}")
    Post.objects.create(user=user, role=role, area=area, valid_from=_VALID_FROM)
    return User.objects.get(pk=user.pk)


def client_of(user: User) -> Client:
    """A test client with the user's session: the whole stack of middleware, no network."""
    client = Client()
    client.force_login(user)
    return client
