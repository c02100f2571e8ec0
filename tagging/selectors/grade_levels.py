"""Levels of schemes as pages name and colour them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tagging.models import Scheme


def levels_of(scheme: Scheme) -> list[dict[str, Any]]:
    """`{code, name, colour, from_score, consequence}` of the version in force, upwards; none is in force: none."""
    body: Mapping[str, Any] = scheme.published.body if scheme.published else {}
    return list(body.get("levels", []))


def level_named(levels: list[dict[str, Any]], code: str) -> dict[str, Any]:
    """One of them; a level that only older versions had keeps its code as its name."""
    return next((one for one in levels if one["code"] == code), {"code": code, "name": code, "colour": "idle"})
