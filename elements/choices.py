"""Kinds, key schemes, relations and the national code tables of elements.

The code tables stand in `elements/codes/*.csv`; `common.codes` reads them.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class ElementKind(models.TextChoices):
    PERSON = "PERSON", _("人员")
    VEHICLE = "VEHICLE", _("机动车")
    UNIT = "UNIT", _("单位")
    HOUSE = "HOUSE", _("房屋")
    ROAD = "ROAD", _("道路")
    FACILITY = "FACILITY", _("交通设施")


class KeyScheme(models.IntegerChoices):
    """What a key is a number of; PLATE alone is dated, since plates are re-issued."""

    CITIZEN_ID = 1, _("公民身份号码")
    USCC = 2, _("统一社会信用代码")
    ORG_CODE = 3, _("组织机构代码")
    VIN = 4, _("车辆识别代号")
    PLATE = 5, _("号牌")
    FILE_NO = 6, _("驾驶证档案编号")
    SOURCE_ID = 7, _("来源行号")
    ROUTE_CODE = 8, _("路线编号")


class FieldClass(models.TextChoices):
    """How claims about a field meet. Only official fields conflict."""

    OBSERVED = "observed", _("采集")
    OFFICIAL = "official", _("官方")
    APPEND = "append", _("并存")
    EXCLUSIVE = "exclusive", _("独占")


class AddressRole(models.TextChoices):
    HOUSEHOLD = "HOUSEHOLD", _("户籍")
    RESIDENCE = "RESIDENCE", _("现住")
    REGISTERED = "REGISTERED", _("登记")
    BUSINESS = "BUSINESS", _("经营")
    PARKING = "PARKING", _("停放")
    SITE = "SITE", _("现场")


class RelationType(models.TextChoices):
    """Read from subject to object: vehicle OWNED_BY person, unit LED_BY person, person LIVES_IN house."""

    OWNED_BY = "OWNED_BY", _("所有人")
    DRIVEN_BY = "DRIVEN_BY", _("经常驾驶人")
    PARKS_AT = "PARKS_AT", _("停放处")
    LED_BY = "LED_BY", _("法定代表人")
    EMPLOYED_BY = "EMPLOYED_BY", _("任职单位")
    LIVES_IN = "LIVES_IN", _("居住房屋")
    KEPT_BY = "KEPT_BY", _("管养单位")
    SECTION_OF = "SECTION_OF", _("所属道路")


class PlaceQuality(models.TextChoices):
    SURVEYED = "SURVEYED", _("实测点")
    ADDRESS = "ADDRESS", _("标准地址点")
    VILLAGE = "VILLAGE", _("村居或道路范围")
    UNPLACED = "UNPLACED", _("未落地")


class FindingKind(models.TextChoices):
    PLATE_ANOMALY = "PLATE_ANOMALY", _("号牌异常")
    KEY_CONFLICT = "KEY_CONFLICT", _("证件号冲突")


class PairState(models.TextChoices):
    """What became of two elements that look like one."""

    PROPOSED = "PROPOSED", _("待判断")
    DEFERRED = "DEFERRED", _("暂缓")
    DIFFERENT = "DIFFERENT", _("不是同一个")
    MERGED = "MERGED", _("已合并")
    GONE = "GONE", _("不再相似")


class CorrectionState(models.TextChoices):
    """Way of a bulk correction."""

    PLANNING = "PLANNING", _("计算影响")
    PLANNED = "PLANNED", _("待确认")
    APPLYING = "APPLYING", _("写入中")
    APPLIED = "APPLIED", _("已更正")
    UNDOING = "UNDOING", _("撤销中")
    UNDONE = "UNDONE", _("已撤销")
    DROPPED = "DROPPED", _("已放弃")


class Flow(models.TextChoices):
    """How data of a source come in. Source: the three figures by which the customer counts."""

    COLLECTED = "COLLECTED", _("采集")
    VERIFIED = "VERIFIED", _("核录")
    EXCHANGED = "EXCHANGED", _("交换")


class DayKind(models.TextChoices):
    """Days on which a rule holds; work days and days off follow the national holiday calendar."""

    EVERY = "EVERY", _("每天")
    WORK = "WORK", _("工作日")
    OFF = "OFF", _("休息日和节假日")


class Sex(models.TextChoices):
    """Source: GB/T 2261.1."""

    MALE = "1", _("男")
    FEMALE = "2", _("女")
