"""Loads the grading schemes that come with the platform."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from common import clock
from tagging.services.grading import ask_run, grade_all
from tagging.services.scheme_shipping import load_schemes


class Command(BaseCommand):
    """Installs shipped schemes; what changed is graded in the background, or at once with --run."""

    help = "装入随平台提供的分级方案；有变化的方案在后台重新分级，加 --run 则立即分级。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--run", action="store_true", help="立即分级并报告各级数量")

    def handle(self, *args: Any, **options: Any) -> None:
        changed = load_schemes(now=clock.now())
        self.stdout.write(f"分级方案更新 {len(changed)} 个。")
        if not options["run"]:
            for scheme in changed:
                ask_run(scheme, owner_id=None)
            return
        for code, done in grade_all(now=clock.now()).items():
            levels = "，".join(f"{level} {count}" for level, count in sorted(done.levels.items()))
            self.stdout.write(
                f"{code}：分级 {done.graded} 个（{levels}），写入 {done.written} 条，结束 {done.ended} 条。"
            )
