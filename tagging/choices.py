"""States and kinds of tags, rules, grades and alerts."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class TagLevel(models.IntegerChoices):
    """How much a tag matters; colour and shape on pages follow it."""

    NOTICE = 1, _("提示")
    CARE = 2, _("关注")
    GRAVE = 3, _("重点")


class AlertLevel(models.IntegerChoices):
    """Whether a tag alerts those who answer for the block, and how soon they must answer."""

    NONE = 0, _("不预警")
    NORMAL = 1, _("一般")
    URGENT = 2, _("紧急")


class VersionState(models.TextChoices):
    """Way of a version of a rule or scheme: two people publish it."""

    DRAFT = "DRAFT", _("草稿")
    SUBMITTED = "SUBMITTED", _("待审核")
    RETURNED = "RETURNED", _("已退回")
    PUBLISHED = "PUBLISHED", _("现行")
    REPLACED = "REPLACED", _("已替换")


class EndCause(models.TextChoices):
    """Why a tag was taken off."""

    RULE = "RULE", _("条件不再成立")
    OUTCOME = "OUTCOME", _("处置结果")
    MANUAL = "MANUAL", _("人工解除")
    EXPIRED = "EXPIRED", _("到期")
    RULE_OFF = "RULE_OFF", _("规则停用")
    GONE = "GONE", _("要素撤回或合并")


class Effect(models.TextChoices):
    """What an outcome does to a tag."""

    END = "END", _("解除")
    KEEP = "KEEP", _("保留")
    EXTEND = "EXTEND", _("延长")
    ESCALATE = "ESCALATE", _("升级")


class RunKind(models.TextChoices):
    """Why a rule was run."""

    FULL = "FULL", _("全量")
    NIGHTLY = "NIGHTLY", _("每日核对")
    BACKTEST = "BACKTEST", _("回溯试算")


class AlertState(models.TextChoices):
    """Way of an alert; `delivered` and `seen` are times of each recipient."""

    NEW = "NEW", _("待接收")
    ACCEPTED = "ACCEPTED", _("已接收")
    ACTING = "ACTING", _("处置中")
    CLOSED = "CLOSED", _("已办结")
    MUTED = "MUTED", _("已静默")


OPEN_ALERTS = (AlertState.NEW, AlertState.ACCEPTED, AlertState.ACTING)


class OverrideState(models.TextChoices):
    """Way of a grade set by a person against the score."""

    REQUESTED = "REQUESTED", _("待复核")
    APPROVED = "APPROVED", _("生效")
    REFUSED = "REFUSED", _("未通过")
    ENDED = "ENDED", _("已结束")
