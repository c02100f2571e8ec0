"""The password hasher of the tests."""

from __future__ import annotations

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class QuickHasher(PBKDF2PasswordHasher):
    """As in operation, but with one round: a million of them guard a stolen table, which a test's table never is."""

    iterations = 1
