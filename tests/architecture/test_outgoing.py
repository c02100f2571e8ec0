"""One door to the outside: only `common.http_client` speaks HTTP to others, so only it has to be right about whom."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
APPS = (
    "common", "addresses", "accounts", "elements", "events", "tagging", "duty", "analytics", "exchange", "console", "laizhou",
)  # fmt: skip
THE_DOOR = "common/http_client.py"
CLIENTS = ("requests", "httpx", "aiohttp", "urllib.request", "urllib3", "http.client", "pycurl", "xmlrpc.client")
# Most files name none of them: they need not be taken apart.
MAY_NAME_ONE = re.compile(r"(?<![.\w])(?:requests|httpx|aiohttp|urllib3?|http|pycurl|xmlrpc)\b")


def imported(source: str) -> set[str]:
    """Every module that a source imports or may import: `from urllib import request` names `urllib.request` as well."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            names.update(str(a.value) for a in node.args if isinstance(a, ast.Constant))
    return names


def clients(source: str) -> set[str]:
    names = imported(source) if MAY_NAME_ONE.search(source) else set()
    return {client for client in CLIENTS for name in names if f"{name}.".startswith(f"{client}.")}


def test_only_the_door_imports_an_http_client() -> None:
    found = {
        path.relative_to(ROOT).as_posix(): used
        for app in APPS
        for path in sorted((ROOT / app).rglob("*.py"))
        if (used := clients(path.read_text(encoding="utf-8")))
    }

    assert found == {THE_DOOR: {"urllib3", "http.client"}}


@pytest.mark.parametrize(
    ("source", "client"),
    [
        ("import requests", "requests"), ("from urllib3.util import parse_url", "urllib3"), ("import httpx as h", "httpx"),
        ("from urllib import request", "urllib.request"), ("def f():\n    import urllib.request", "urllib.request"),
        ("from http import client", "http.client"), ("importlib.import_module('requests.api')", "requests"), ("__import__('httpx')", "httpx"),
    ],
)  # fmt: skip
def test_every_way_to_import_one_is_seen(source: str, client: str) -> None:
    assert clients(source) == {client}


@pytest.mark.parametrize("source", ["from urllib.parse import urlsplit", "from http import HTTPStatus", "import requests_of_ours", "from .requests import x"])  # fmt: skip
def test_what_is_no_client_is_passed_over(source: str) -> None:
    assert clients(source) == set()
