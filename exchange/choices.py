"""What may come in and go out, by what way, and what becomes of it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from elements.choices import ElementKind
from events.choices import EventKind

# Things, and what happened: everything that a file or a link may be about.
KIND_CHOICES = [*ElementKind.choices, *EventKind.choices]
# A link may also bring standard addresses, as changes of the register.
ADDRESS = "ADDRESS"
LINK_KIND_CHOICES = [*KIND_CHOICES, (ADDRESS, _("标准地址"))]


class Transport(models.TextChoices):
    """How a link in fetches."""

    HTTP = "HTTP", _("HTTP 接口")
    DATABASE = "DATABASE", _("数据库视图")
    FOLDER = "FOLDER", _("摆渡目录")


class FeedMode(models.TextChoices):
    """Whether a reading holds everything, or what changed."""

    DELTA = "DELTA", _("增量")
    SNAPSHOT = "SNAPSHOT", _("全量")


class RunState(models.TextChoices):
    RUNNING = "RUNNING", _("读取中")
    LANDING = "LANDING", _("入库中")
    DONE = "DONE", _("完成")
    EMPTY = "EMPTY", _("无新数据")
    HELD = "HELD", _("待确认")
    REFUSED = "REFUSED", _("不采用")
    FAILED = "FAILED", _("失败")


class PartnerTransport(models.TextChoices):
    """How a partner is told."""

    HTTP = "HTTP", _("签名推送")
    FOLDER = "FOLDER", _("文件与清单")
    EMAIL = "EMAIL", _("邮件（只含链接）")


class Subject(models.TextChoices):
    """What partners are told about."""

    VIOLATION = "VIOLATION", _("交通违法")
    ACCIDENT = "ACCIDENT", _("交通事故")
    DANGER = "DANGER", _("道路隐患")
    UNIT = "UNIT", _("企业单位")
    VEHICLE = "VEHICLE", _("机动车")
    DRIVER = "DRIVER", _("驾驶人")


class Verb(models.TextChoices):
    """What happened to a record, from the view of who receives it."""

    CREATE = "CREATE", _("新增")
    UPDATE = "UPDATE", _("更新")
    TRANSITION = "TRANSITION", _("状态变化")
    DELETE = "DELETE", _("删除")
    RECALL = "RECALL", _("召回")


class MessageState(models.TextChoices):
    PENDING = "PENDING", _("待发送")
    SENT = "SENT", _("已送达待回执")
    ACKNOWLEDGED = "ACKNOWLEDGED", _("已签收")
    SKIPPED = "SKIPPED", _("无需发送")
    DEAD = "DEAD", _("死信")


class DisputeState(models.TextChoices):
    OPEN = "OPEN", _("待处理")
    CLAIMED = "CLAIMED", _("已转为声明")
    REFUSED = "REFUSED", _("不予采纳")
