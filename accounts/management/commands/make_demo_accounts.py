"""The accounts of the demo: one per role, two officers in districts that do not meet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.db.models import QuerySet

from accounts.choices import Role
from accounts.models import Post, User
from addresses.choices import AreaKind
from addresses.models import Area

PASSWORD = "Laizhou-demo-2026"
VALID_FROM = date(2024, 1, 1)


@dataclass(frozen=True)
class DemoAccount:
    """One account with its only post."""

    username: str
    display_name: str
    role: Role
    area: Area | None = None
    village_id: str | None = None
    source_code: str = ""


class Command(BaseCommand):
    """Creates or repairs the demo accounts; areas are picked by the order of their codes, the same in every run."""

    help = "建立演示账号（密码公开，仅用于演示数据）。设置了 ENVIRONMENT_BANNER 才会执行，或加 --force。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--force", action="store_true", help="没有环境横幅也执行")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.ENVIRONMENT_BANNER and not options["force"]:
            raise CommandError(
                "演示账号的密码是公开的：只有设置了 ENVIRONMENT_BANNER（说明数据为生成数据）才能建立，或加 --force。"
            )
        accounts = demo_accounts()
        # One hash for all: the password is public, and hashing it eleven times costs seconds.
        password = make_password(PASSWORD)
        with transaction.atomic():
            made = sum(_ensure(account, password) for account in accounts)
        self.stdout.write(f"演示账号 {len(accounts)} 个，新建 {made} 个。")


def demo_accounts() -> list[DemoAccount]:
    """The accounts with their posts.

    Raises:
        CommandError: the areas are not loaded.
    """
    own, other = _two_districts()
    grids = list(_current(AreaKind.GRID).filter(parent=own, is_pseudo=False, village__isnull=False)[:50])
    if not grids:
        raise CommandError(f"警务区 {own.name} 没有网格，请先执行 bin/manage load_areas。")
    village_id = next((g.village_id for g in grids if g.village_id != grids[0].village_id), grids[0].village_id)
    return [
        DemoAccount("admin", "演示·系统管理员", Role.ADMIN),
        DemoAccount("brigade", "演示·大队领导", Role.BRIGADE),
        DemoAccount("analyst", "演示·研判分析员", Role.ANALYST),
        DemoAccount("squadron-1", "演示·中队长一", Role.SQUADRON, area=own.parent),
        DemoAccount("officer-1", "演示·警务区交警一", Role.OFFICER, area=own),
        DemoAccount("officer-2", "演示·警务区交警二", Role.OFFICER, area=other),
        DemoAccount("coordinator-1", "演示·网格协管员一", Role.COORDINATOR, area=grids[0]),
        DemoAccount("assistant-1", "演示·村居警务助理一", Role.ASSISTANT, village_id=village_id),
        DemoAccount("station-1", "演示·派出所网格员一", Role.STATION),
        DemoAccount("liaison-1", "演示·交通运输局联络员一", Role.LIAISON, source_code="TRANSPORT"),
        DemoAccount("auditor", "演示·审计员", Role.AUDITOR),
    ]


def _current(kind: AreaKind) -> QuerySet[Area]:
    return Area.objects.filter(kind=kind, valid_to__isnull=True).order_by("code")


def _two_districts() -> tuple[Area, Area]:
    """A district with urban grids, of the first squadron that has one, and a district of another squadron."""
    districts = list(_current(AreaKind.DISTRICT).select_related("parent").order_by("parent__code", "code"))
    urban = set(_current(AreaKind.GRID).filter(is_urban=True).order_by().values_list("parent_id", flat=True))
    if not districts:
        raise CommandError("还没有责任区，请先执行 bin/manage load_areas。")
    own = next((d for d in districts if d.pk in urban), districts[0])
    other = next((d for d in districts if d.parent_id != own.parent_id), None)
    if other is None:
        raise CommandError("至少要有两个中队的警务区，才能建立互不重叠的演示账号。")
    return own, other


def _ensure(account: DemoAccount, password: str) -> bool:
    """Makes the user if it is missing and gives it exactly its one post; an existing password stays. True if made."""
    user, made = User.objects.get_or_create(
        username=account.username,
        # The reserved domain: letters of the demo go nowhere but into the folder of mail.
        defaults={
            "password": password,
            "display_name": account.display_name,
            "email": f"{account.username}@laizhou.invalid",
        },
    )
    wanted = {
        "role": account.role,
        "area_id": account.area.pk if account.area else None,
        "village_id": account.village_id,
        "source_code": account.source_code,
    }
    if list(user.posts.values(*wanted)) != [wanted]:
        user.posts.all().delete()
        Post.objects.create(user=user, valid_from=VALID_FROM, **wanted)
    return made
