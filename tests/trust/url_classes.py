"""Every URL of the platform with who may ask for it. A URL that is missing here fails `test_rights.py`.

PUBLIC   anyone; shows nothing of the data
LOGIN    anyone signed in; shows nothing of elements by itself, or only what the scope allows
SCOPED   element data: the scope decides what is in it, a foreign id answers 404
IMPORT   landing zone: needs the right to import, a foreign batch answers 404
ADMIN    settings: needs a post that configures
"""

from __future__ import annotations

PUBLIC, LOGIN, SCOPED, IMPORT, ADMIN = "public", "login", "scoped", "import", "admin"

CLASSES: dict[str, str] = {
    "health": PUBLIC,
    "login": PUBLIC,
    "logout": PUBLIC,
    "set_language": PUBLIC,
    "openapi": PUBLIC,
    "accounts-api:token": PUBLIC,
    "accounts-api:refresh": PUBLIC,
    "elements-api:list": SCOPED,
    "addresses-api:resolve": LOGIN,
    "map:page": SCOPED,
    "map:tile": SCOPED,
    "map:legend": SCOPED,
    "map:areas": SCOPED,
    "map:base": LOGIN,
    "map:features": SCOPED,
    "map:filters": LOGIN,
    "map:place": LOGIN,
    "console:today": SCOPED,
    "console:today-shares": SCOPED,
    "console:today-flows": IMPORT,
    "console:tour": SCOPED,
    "console:search": LOGIN,
    "console:search-results": LOGIN,
    "console:element": SCOPED,
    "console:element-card": SCOPED,
    "console:element-places": SCOPED,
    "console:reveal": SCOPED,
    "console:building": SCOPED,
    "console:building-cell": SCOPED,
    "console:building-api": SCOPED,
    "console:addresses": LOGIN,
    "console:address-texts": SCOPED,
    "console:areas": LOGIN,
    "console:export": SCOPED,
    "console:save-filter": LOGIN,
    "console:delete-filter": LOGIN,
    "elements:list": SCOPED,
    "elements:search": LOGIN,
    "elements:saved-menu": LOGIN,
    "exchange:import": IMPORT,
    "exchange:template": IMPORT,
    "exchange:list": IMPORT,
    "exchange:batch": IMPORT,
    "exchange:progress": IMPORT,
    "exchange:plan": IMPORT,
    "exchange:apply": IMPORT,
    "exchange:undo": IMPORT,
    "exchange:cancel": IMPORT,
    "exchange:mend": IMPORT,
    "exchange:mend-file": IMPORT,
    "exchange:sources": LOGIN,
    "exchange:api-imports": IMPORT,
    "exchange:api-import": IMPORT,
    "exchange:api-rows": IMPORT,
    "exchange:api-rejects": IMPORT,
    "exchange:api-plan": IMPORT,
    "exchange:api-apply": IMPORT,
    "exchange:api-undo": IMPORT,
}
# Whole name spaces that one door guards.
NAMESPACES = {"admin": ADMIN}
# Values for the parameters of routes; ids come from the test's own rows.
ARGUMENTS = {"registry": "drivers", "name": "drivers", "layer": "elements", "kind": "GRID", "field": "citizen_id", "code": "LZ-0-3",
             "extension": "csv", "token": "no-such-token", "zoom": 10, "x": 853, "y": 398}  # fmt: skip
OVERRIDES = {"exchange:template": {"kind": "VEHICLE"}}
