"""Coverage on a board: one line a registry, as the page of coverage counts and words it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from common.scope import Actor
from console.coverage_page import columns_of, definitions_of, shown_cells
from elements.registries import REGISTRIES
from elements.selectors.coverage import DISTRICT, coverage, total_of

# 区不漏路、格不漏企、村不漏车、户不漏人.
_REGISTRIES = ("sections", "units", "vehicles", "houses")
_SHOWN = ("known", "share", "fresh")


def coverage_rows(user: Actor, area_id: int | None, now: datetime) -> list[dict[str, Any]]:
    """A row a registry: what is known, of what there should be, and how much of it is fresh."""
    place = {"area": str(area_id)} if area_id else {}
    rows = coverage(user, by=DISTRICT, area_id=area_id, registries=_REGISTRIES, now=now)
    found = []
    for name in _REGISTRIES:
        figures, definitions = total_of(rows, name), definitions_of(name)
        columns = columns_of(name, definitions)[1:]
        cells = [
            cell | {"key": column["name"], "hint": column["hint"]}
            for cell, column in zip(shown_cells(figures, name, place), columns, strict=True)
            if column["name"] in _SHOWN
        ]
        asked = {"by": DISTRICT, "registry": name} | place
        found.append({
            "label": REGISTRIES[name].label, "url": f"{reverse('console:coverage')}?{urlencode(asked)}",
            "known": figures.known, "cells": cells,
        })  # fmt: skip
    return found
