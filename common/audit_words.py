"""Audit rows in words: what the verbs and tables of the log are called on a page."""

from __future__ import annotations

from functools import cache

from django.apps import apps
from django.utils.translation import gettext_lazy as _

# Every verb that `record_audit` is called with.
VERBS = {
    "ADMIN_ADDED": _("新增设置"),
    "ADMIN_CHANGED": _("修改设置"),
    "ADMIN_DELETED": _("删除设置"),
    "ADMIN_MADE": _("开立管理员"),
    "BATCH_RETRACTED": _("收回批次"),
    "BULK_CORRECTION_DROPPED": _("放弃批量更正"),
    "CORRECTED": _("更正"),
    "CORRECTION_UNDONE": _("撤销更正"),
    "DUPLICATE_JUDGED": _("判断疑似重复"),
    "EXPORTED": _("导出清单"),
    "IMPORTED": _("导入入库"),
    "IMPORT_UNDONE": _("撤销导入"),
    "MERGED": _("合并要素"),
    "MERGE_UNDONE": _("撤销合并"),
    "PRECEDENCE_CHANGED": _("修改来源次序"),
    "REJECTS_DOWNLOADED": _("下载待修补行"),
    "REVEALED": _("查看完整号码"),
    "SEARCHED": _("检索"),
    "SIGNED_IN": _("登录"),
    "TOKEN_ISSUED": _("签发接口令牌"),
}


def verb_label(verb: str) -> str:
    """The act in words; an unknown verb as it stands."""
    return str(VERBS.get(verb, verb))


@cache
def _models_by_table() -> dict[str, type]:
    return {model._meta.db_table: model for model in apps.get_models()}


def subject_label(table: str, subject_id: str) -> str:
    """What the act was about: name of the table's things and the number; nothing is looked up."""
    model = _models_by_table().get(table)
    name = str(model._meta.verbose_name) if model else table  # type: ignore[attr-defined]
    if not subject_id:
        return name
    return f"{name} #{subject_id}" if subject_id.isdigit() else f"{name} {subject_id}"
