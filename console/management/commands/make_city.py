"""Makes the demonstration city and its agency files."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from common.clock import today
from console.city.build import DEFAULT_ADDRESSES, DEFAULT_ELEMENTS, build_city, last_month_end


class Command(BaseCommand):
    """`make_city --seed S --as-of DATE --out DIR`: the same arguments give the same bytes."""

    help = "生成演示城市（区域、标准地址、部门文件）；全部为虚构数据。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seed", type=int, default=1, help="seed of all draws")
        parser.add_argument(
            "--as-of", type=date.fromisoformat, default=None, help="YYYY-MM-DD; default: last month end"
        )
        parser.add_argument("--out", type=Path, required=True, help="folder; the truth goes to a sibling with -truth")
        parser.add_argument("--addresses", type=int, default=DEFAULT_ADDRESSES)
        parser.add_argument("--elements", type=int, default=DEFAULT_ELEMENTS)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["addresses"] < 2_000 or options["elements"] < 100:
            raise CommandError("--addresses must be at least 2000 and --elements at least 100")
        as_of = options["as_of"] or last_month_end(today())
        report = build_city(
            seed=options["seed"],
            as_of=as_of,
            out=options["out"].resolve(),
            addresses=options["addresses"],
            elements=options["elements"],
            tell=self.stdout.write,
        )
        self.stdout.write(f"as of {as_of.isoformat()}, seed {options['seed']}: {report.out}")
        for name, count in report.counts.items():
            self.stdout.write(f"  {name:<18}{count:>10,}")
        self.stdout.write(f"truth: {report.truth}")
