"""Declares partners and their contracts from a file: made where they are missing, left alone where they are there."""

import json
import tomllib
from datetime import timedelta
from pathlib import Path
from string import Template
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from common import clock
from common.errors import DomainError
from elements.models import Source
from exchange.models import Contract, Partner
from exchange.services.contracts_service import create_version, save_partner
from exchange.services.partner_keys import create_key, valid_keys

_PLAIN = ("name", "transport", "url", "folder", "email", "contact", "is_test")
_YEARS = 3


class Command(BaseCommand):
    help = "Declares partners and contracts (TOML, one [[partner]] each); $NAME in the file is replaced by --set NAME=VALUE."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", dest="places")

    def handle(self, *args: Any, **options: Any) -> None:
        places = dict(place.split("=", 1) for place in options["places"] if "=" in place)
        try:
            document = tomllib.loads(Template(options["file"].read_text(encoding="utf-8")).safe_substitute(places))
            for declared in document["partner"]:
                self._declare(declared)
        except (OSError, tomllib.TOMLDecodeError, KeyError) as error:
            raise CommandError(f"读不出伙伴声明：{error}") from error
        except DomainError as error:
            raise CommandError(f"{error.code}: {error.message}") from error

    def _declare(self, declared: dict[str, Any]) -> None:
        actor, now = User.objects.get(username=declared["owner"]), clock.now()
        known = Partner.objects.filter(code=declared["code"]).first()
        partner = known or Partner(code=declared["code"])
        values = {name: declared[name] for name in _PLAIN if name in declared}
        values["owner"] = actor
        values["source"] = Source.objects.get(code=declared["source"]) if declared.get("source") else None
        changed = [name for name, value in values.items() if getattr(partner, name) != value]
        for name in changed:
            setattr(partner, name, values[name])
        if changed:
            save_partner(partner=partner, actor=actor, now=now, changed=changed)
        if declared.get("keys_file") and not valid_keys(partner, now):
            key, secret = create_key(partner=partner, actor=actor, now=now)
            _hand_over(Path(declared["keys_file"]), key.key_id, secret)
        made = 0
        for contract in declared.get("contract", []):
            if not Contract.objects.filter(
                partner=partner, subject=contract["subject"], ended_at__isnull=True
            ).exists():
                today = clock.today()
                create_version(
                    partner=partner, actor=actor, now=now, valid_from=today,
                    valid_to=today + timedelta(days=_YEARS * 365), **({"with_existing": False} | contract),
                )  # fmt: skip
                made += 1
        self.stdout.write(f"{partner.code}: {'已有' if known else '新增'} {partner.name}，新增约定 {made}")


def _hand_over(path: Path, key_id: str, secret: str) -> None:
    """Adds the key to the partner's own file of keys, as a person would carry it there."""
    keys = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    draft = path.with_name(path.name + ".part")
    draft.write_text(json.dumps(keys | {key_id: secret}), encoding="utf-8")
    draft.chmod(0o640)
    draft.rename(path)
