"""Levels, kinds and states of places."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class DivisionLevel(models.TextChoices):
    """Source: GB/T 2260 and the statistics bureau's 12-digit codes."""

    PROVINCE = "PROVINCE", _("省")
    CITY = "CITY", _("地级市")
    COUNTY = "COUNTY", _("县（市、区）")
    TOWN = "TOWN", _("镇街")
    VILLAGE = "VILLAGE", _("村居")


class AreaKind(models.TextChoices):
    BRIGADE = "BRIGADE", _("大队")
    SQUADRON = "SQUADRON", _("中队")
    DISTRICT = "DISTRICT", _("警务区")
    GRID = "GRID", _("勤务网格")


class BorderMoveState(models.TextChoices):
    """Way of a change of borders."""

    DRAFT = "DRAFT", _("草案")
    SCHEDULED = "SCHEDULED", _("待生效")
    MOVING = "MOVING", _("调整中")
    DONE = "DONE", _("已生效")
    CANCELLED = "CANCELLED", _("已取消")


class AddressLevel(models.IntegerChoices):
    """Depth of a standard address; the floor is carried by the room."""

    TOWN = 1, _("镇街")
    VILLAGE = 2, _("村居")
    ROAD = 3, _("街路巷")
    NUMBER = 4, _("门牌")
    ESTATE = 5, _("小区")
    BUILDING = 6, _("楼栋")
    UNIT = 7, _("单元")
    ROOM = 8, _("户室")


class AddressState(models.TextChoices):
    ACTIVE = "ACTIVE", _("在用")
    MERGED = "MERGED", _("已并入")
    RETIRED = "RETIRED", _("已停用")


class NameKind(models.TextChoices):
    OFFICIAL = "official", _("正式名")
    SHORT = "short", _("简称")
    ALIAS = "alias", _("别名")
    OLD = "old", _("旧名")


class ResolveStatus(models.TextChoices):
    """What became of an address text; EXACT and PARTIAL are accepted."""

    EXACT = "exact", _("精确")
    PARTIAL = "partial", _("部分")
    AMBIGUOUS = "ambiguous", _("多个候选")
    RELATIVE = "relative", _("相对位置")
    OUTSIDE = "outside", _("外地")
    UNMATCHED = "unmatched", _("未匹配")
    REVIEW = "review", _("待核")
    # Only said by people.
    NONE = "none", _("非地址")


ACCEPTED = (ResolveStatus.EXACT, ResolveStatus.PARTIAL)
# Texts that a person must look at; another county's addresses are nobody's work here.
WORKLIST = (ResolveStatus.AMBIGUOUS, ResolveStatus.RELATIVE, ResolveStatus.UNMATCHED, ResolveStatus.REVIEW)


class Verdict(models.TextChoices):
    """What an operator says of an address text."""

    LINK = "LINK", _("就是这个地址")
    NOT_ADDRESS = "NOT_ADDRESS", _("不是地址")
    OUTSIDE = "OUTSIDE", _("外地地址")


class DecisionState(models.TextChoices):
    STANDING = "STANDING", _("有效")
    CONFLICT = "CONFLICT", _("意见不一")
    UNDONE = "UNDONE", _("已撤销")


class AddressChangeKind(models.TextChoices):
    MERGE = "MERGE", _("合并")
    SPLIT = "SPLIT", _("拆分")
    RENUMBER = "RENUMBER", _("改号")
    RETIRE = "RETIRE", _("停用")
    CREATE = "CREATE", _("新增")
    CERTIFY = "CERTIFY", _("转正")


class AddressChangeState(models.TextChoices):
    DONE = "DONE", _("已生效")
    UNDONE = "UNDONE", _("已撤销")


class MapLayer(models.IntegerChoices):
    ADDRESS = 1, _("标准地址")
    ELEMENT = 2, _("交通要素")
