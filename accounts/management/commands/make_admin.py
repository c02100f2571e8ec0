"""The first account of a real deployment."""

from __future__ import annotations

import getpass
import sys
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts.choices import Role
from accounts.models import Post, User
from common import clock
from common.audit import record_audit


class Command(BaseCommand):
    """Creates a user with the post of system administrator; the rights of every other account follow from the admin."""

    help = "创建系统管理员账号（含岗位）。密码由键盘输入，或用 --password-stdin 从标准输入读取第一行。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--display-name", default="")
        parser.add_argument("--password-stdin", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        username = User.normalize_username(options["username"])
        if User.objects.filter(username=username).exists():
            raise CommandError(f"账号 {username} 已存在；请由现有管理员在 /admin/ 中为其添加岗位。")
        user = User(username=username, display_name=options["display_name"])
        user.set_password(self._password(user, from_stdin=options["password_stdin"]))
        with transaction.atomic():
            user.save()
            Post.objects.create(user=user, role=Role.ADMIN, valid_from=clock.today())
            record_audit(
                actor_id=None, verb="ADMIN_MADE", subject_table="accounts_user", subject_id=user.pk, now=clock.now()
            )
        self.stdout.write(f"已创建系统管理员 {username}，请登录后在 /admin/ 中建立其他账号。")

    def _password(self, user: User, *, from_stdin: bool) -> str:
        password = sys.stdin.readline().rstrip("\n") if from_stdin else getpass.getpass("密码：")
        if not from_stdin and getpass.getpass("再输入一次：") != password:
            raise CommandError("两次输入的密码不一致。")
        try:
            validate_password(password, user)
        except ValidationError as error:
            raise CommandError("；".join(error.messages)) from error
        return password
