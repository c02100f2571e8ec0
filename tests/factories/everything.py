"""Every table of the platform as plain rows: what must be the same before and after something was done and undone."""

from __future__ import annotations

from collections.abc import Collection

from django.apps import apps
from django.db import connection

OWN_APPS = ("accounts", "addresses", "duty", "elements", "events", "exchange", "tagging")
# Records of what was done, queues and counters: they grow with every act.
RECORDS = {
    "addresses_layerversion", "addresses_tiledelta", "elements_merge", "elements_mergelineage",
    "addresses_mapcell", "elements_duplicatepair",
}  # fmt: skip
# What the fold writes anew has another number and a later date.
_NOT_CONTENT = {
    "elements_element": {"version", "updated_at"},
    "elements_elementaddress": {"id"},
    "elements_relation": {"id"},
    "addresses_mapfeature": {"id"},
}


def dump_everything(*, without: Collection[str] = ()) -> dict[str, list[str]]:
    """Table → sorted rows as JSON text; histories and records of acts are left out."""
    tables = sorted(
        model._meta.db_table
        for app in OWN_APPS
        if apps.is_installed(app)
        for model in apps.get_app_config(app).get_models()
        if not hasattr(model, "pgh_tracked_model")
    )
    return {table: _rows(table) for table in tables if table not in RECORDS and table not in without}


def _rows(table: str) -> list[str]:
    with connection.cursor() as cursor:
        dropped = sorted(_NOT_CONTENT.get(table, ()))
        cursor.execute(f"SELECT (to_jsonb(t) - %s::text[])::text FROM {table} t", [dropped])
        return sorted(row[0] for row in cursor.fetchall())
