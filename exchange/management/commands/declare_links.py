"""Declares links in from a file: made where they are missing, changed where they differ, left alone where they agree."""

import tomllib
from pathlib import Path
from string import Template
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from common import clock
from common.errors import DomainError
from elements.models import Source
from exchange.importers.mapping import DISMISSED
from exchange.models import Connector
from exchange.services.connecting import secret_of
from exchange.services.link_admin import DECLARED, save_link

FIRST = {
    "options": {}, "columns": {}, "datum": "WGS84", "mode": "DELTA", "every_s": 3600, "overlap_s": 300, "least_pct": 80,
    "agreement": "", "owner": None, "is_active": True,
}  # fmt: skip


class Command(BaseCommand):
    help = "Declares links in (TOML, one [[link]] each); $NAME in the file is replaced by --set NAME=VALUE."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", dest="places")
        parser.add_argument("--only", action="append", default=[], metavar="CODE", help="only the links named")

    def handle(self, *args: Any, **options: Any) -> None:
        for declared in self._links(options):
            code = declared.get("code", "")
            if options["only"] and code not in options["only"]:
                continue
            try:
                self._declare(declared)
            except DomainError as error:
                raise CommandError(f"{code}: {error.code}: {error.message}") from error

    def _links(self, options: dict[str, Any]) -> list[dict[str, Any]]:
        places = dict(place.split("=", 1) for place in options["places"] if "=" in place)
        try:
            document = tomllib.loads(options["file"].read_text(encoding="utf-8"))
            return [_filled(link, places) for link in document["link"]]
        except (OSError, tomllib.TOMLDecodeError, KeyError, ValueError) as error:
            raise CommandError(f"读不出链路声明：{error}") from error

    def _declare(self, declared: dict[str, Any]) -> None:
        unknown = set(declared) - {*DECLARED, "secret_file"}
        if unknown:
            raise DomainError("LINK_OPTIONS", f"链路声明里没有这样的项：{'、'.join(sorted(unknown))}。")
        link = Connector.objects.filter(code=declared.get("code")).first()
        values = FIRST | {name: value for name, value in declared.items() if name in DECLARED}
        values["source"] = _named(Source, "code", declared.get("source"))
        values["owner"] = _named(User, "username", declared["owner"]) if declared.get("owner") else None
        if link is not None:
            # What a person re-mapped or paused on the page stays, unless the file says otherwise.
            values = {name: value for name, value in values.items() if name in {*declared, "source"}} | _decided(
                link, declared
            )
        secret = _secret(declared)
        if link is not None and secret == secret_of(link):
            secret = None
        saved = save_link(connector=link, values=values, secret=secret, actor=None, now=clock.now())
        self.stdout.write(f"{saved.code}: {'已有' if link else '新增'} {saved.name}")


def _decided(link: Connector, declared: dict[str, Any]) -> dict[str, Any]:
    """What was decided about columns on the page goes before what the file says of them; the file adds what is new."""
    said = set(link.columns.values()) - {DISMISSED}
    new = {header: field for header, field in declared.get("columns", {}).items() if field not in said}
    decided: dict[str, Any] = {"columns": new | link.columns}
    if "options" in declared:
        kept = {name: link.options[name] for name in ("columns",) if name in link.options}
        decided["options"] = declared["options"] | kept
    return decided


def _filled(value: Any, places: dict[str, str]) -> Any:
    """The value with its places filled; one that nobody set stays as it is written."""
    if isinstance(value, dict):
        return {name: _filled(one, places) for name, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, places) for one in value]
    return Template(value).safe_substitute(places) if isinstance(value, str) else value


def _named(model: Any, field: str, name: Any) -> Any:
    found = model.objects.filter(**{field: name}).first()
    if found is None:
        raise DomainError("LINK_OPTIONS", f"没有{model._meta.verbose_name} {name}。")
    return found


def _secret(declared: dict[str, Any]) -> str | None:
    if not declared.get("secret_file"):
        return None
    try:
        return Path(declared["secret_file"]).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise DomainError("LINK_SECRET", f"读不到密钥文件：{error.strerror}。") from error
