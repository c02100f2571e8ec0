"""Roles and what each may do. Source: `docs/architecture.md`, rights of the design."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from common.scope import Right


class Role(models.TextChoices):
    ADMIN = "ADMIN", _("系统管理员")
    BRIGADE = "BRIGADE", _("大队领导")
    ANALYST = "ANALYST", _("研判分析员")
    SQUADRON = "SQUADRON", _("中队长")
    OFFICER = "OFFICER", _("警务区交警")
    COORDINATOR = "COORDINATOR", _("网格交通协管员")
    ASSISTANT = "ASSISTANT", _("村居交通警务助理")
    STATION = "STATION", _("派出所/网格员")
    LIAISON = "LIAISON", _("部门联络员")
    AUDITOR = "AUDITOR", _("审计员")


_WORK = {Right.READ, Right.READ_NAMES, Right.REVEAL, Right.IMPORT, Right.EXPORT, Right.CORRECT, Right.PROPOSE}
RIGHTS_BY_ROLE: dict[str, frozenset[Right]] = {
    Role.ADMIN: frozenset({Right.CONFIGURE}),
    Role.BRIGADE: frozenset(_WORK | {Right.RULE}),
    Role.ANALYST: frozenset({Right.READ, Right.READ_NAMES, Right.EXPORT, Right.RULE}),
    Role.SQUADRON: frozenset(_WORK),
    Role.OFFICER: frozenset(_WORK),
    Role.COORDINATOR: frozenset({Right.READ, Right.READ_NAMES, Right.PROPOSE}),
    Role.ASSISTANT: frozenset({Right.READ, Right.PROPOSE}),
    Role.STATION: frozenset({Right.SUBMIT}),
    Role.LIAISON: frozenset({Right.SUBMIT, Right.IMPORT}),
    Role.AUDITOR: frozenset({Right.AUDIT}),
}
# Roles whose post covers the whole city without naming an area.
CITY_WIDE_ROLES = frozenset({Role.BRIGADE, Role.ANALYST})
# Roles that take their blocks from an area or a village.
AREA_ROLES = frozenset({Role.SQUADRON, Role.OFFICER, Role.COORDINATOR, Role.ASSISTANT})
