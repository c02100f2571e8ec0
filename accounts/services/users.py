"""Changes of accounts that end running sessions."""

from __future__ import annotations

from django.db.models import F

from accounts.models import User


def bump_auth_version(*, user_id: int) -> None:
    """Ends every session and token of the user at its next request."""
    User.objects.filter(pk=user_id).update(auth_version=F("auth_version") + 1)
