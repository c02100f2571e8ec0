"""The fields of each kind of event, once: the event and its staged rows share these columns.

Every field may be NULL: the source said nothing. Personal numbers are sealed, texts have them cut. `occurred_at` is when it
happened, never when somebody wrote it down. Code tables stand beside the fields in `events/kinds.py`.
"""

from django.contrib.gis.db import models
from django.utils.translation import gettext_lazy as _

from common.fields import SealedField
from common.geometry import SRID


class PlaceFields(models.Model):
    """Where an event happened, as its source says: text, road and stake (metres from the route's origin), WGS84 point."""

    place_text = models.CharField(_("地点"), max_length=240, null=True)
    road_name = models.CharField(_("道路"), max_length=60, null=True)
    stake_m = models.IntegerField(_("桩号（米）"), null=True)
    point = models.PointField(_("位置"), srid=SRID, null=True, spatial_index=False)

    class Meta:
        abstract = True


class PlateFields(models.Model):
    """The plate that a source names; `plate_type` as stated or as its form and colour tell."""

    plate_number = models.CharField(_("号牌号码"), max_length=10, null=True)
    plate_type = models.CharField(_("号牌种类"), max_length=2, null=True)

    class Meta:
        abstract = True


class AccidentFields(PlaceFields):
    """A road traffic accident. Source of names: 六合一 accident tables."""

    occurred_at = models.DateTimeField(_("发生时间"), null=True)
    accident_type = models.CharField(_("事故类型"), max_length=1, null=True)
    form = models.CharField(_("事故形态"), max_length=2, null=True)
    collision = models.CharField(_("车辆间碰撞形态"), max_length=1, null=True)
    main_cause = models.CharField(_("认定原因"), max_length=2, null=True)
    deaths = models.SmallIntegerField(_("死亡人数"), null=True)
    injured = models.SmallIntegerField(_("受伤人数"), null=True)
    property_loss_yuan = models.IntegerField(_("直接财产损失（元）"), null=True)
    weather = models.CharField(_("天气"), max_length=1, null=True)
    light = models.CharField(_("照明条件"), max_length=1, null=True)
    visibility = models.CharField(_("能见度"), max_length=1, null=True)
    surface = models.CharField(_("路表情况"), max_length=1, null=True)
    road_condition = models.CharField(_("路面状况"), max_length=1, null=True)
    road_class = models.CharField(_("道路类型"), max_length=2, null=True)
    alignment = models.CharField(_("道路线形"), max_length=2, null=True)
    junction = models.CharField(_("路口路段类型"), max_length=2, null=True)
    control = models.CharField(_("交通信号方式"), max_length=1, null=True)
    terrain = models.CharField(_("地形"), max_length=1, null=True)
    scene = models.CharField(_("现场"), max_length=1, null=True)
    handled_by = models.CharField(_("办理单位"), max_length=60, null=True)
    closed_on = models.DateField(_("结案日期"), null=True)
    description = models.CharField(_("简要案情"), max_length=500, null=True)

    class Meta:
        abstract = True


class PartyFields(PlateFields):
    """Somebody in an accident: driver, passenger or pedestrian, with the vehicle."""

    occurred_at = models.DateTimeField(_("发生时间"), null=True)
    accident_number = models.CharField(_("事故编号"), max_length=60, null=True)
    person_name = models.CharField(_("姓名"), max_length=60, null=True)
    citizen_id = SealedField(_("公民身份号码"), purpose="citizen_id")
    age = models.SmallIntegerField(_("年龄"), null=True)
    travel_mode = models.CharField(_("交通方式"), max_length=2, null=True)
    injury = models.CharField(_("伤害程度"), max_length=1, null=True)
    responsibility = models.CharField(_("事故责任"), max_length=1, null=True)
    cause = models.CharField(_("认定原因"), max_length=2, null=True)
    vehicle_type = models.CharField(_("车辆类型"), max_length=3, null=True)

    class Meta:
        abstract = True


class ViolationFields(PlaceFields, PlateFields):
    """A traffic violation: when it was seen and when it was processed are two things."""

    occurred_at = models.DateTimeField(_("违法时间"), null=True)
    code = models.CharField(_("违法行为"), max_length=5, null=True)
    method = models.CharField(_("查处方式"), max_length=1, null=True)
    person_name = models.CharField(_("当事人"), max_length=60, null=True)
    citizen_id = SealedField(_("公民身份号码"), purpose="citizen_id")
    speed_kmh = models.SmallIntegerField(_("实测速度（千米/时）"), null=True)
    limit_kmh = models.SmallIntegerField(_("限速（千米/时）"), null=True)
    device_number = models.CharField(_("设备编号"), max_length=40, null=True)
    seen_by = models.CharField(_("采集机关"), max_length=60, null=True)
    processed_at = models.DateTimeField(_("处理时间"), null=True)
    processed_by = models.CharField(_("处理机关"), max_length=60, null=True)
    decision_number = models.CharField(_("决定书编号"), max_length=40, null=True)
    fine_yuan = models.IntegerField(_("罚款（元）"), null=True)
    points = models.SmallIntegerField(_("记分"), null=True)
    is_paid = models.BooleanField(_("已缴款"), null=True)

    class Meta:
        abstract = True


class IncidentFields(PlaceFields, PlateFields):
    """A call to 122 or 110, or what the command centre was told otherwise."""

    occurred_at = models.DateTimeField(_("接警时间"), null=True)
    channel = models.CharField(_("报警方式"), max_length=20, null=True)
    category = models.CharField(_("警情类别"), max_length=1, null=True)
    description = models.CharField(_("警情内容"), max_length=500, null=True)
    caller_phone = SealedField(_("报警电话"), purpose="phone")
    dispatched_at = models.DateTimeField(_("派警时间"), null=True)
    arrived_at = models.DateTimeField(_("到场时间"), null=True)
    closed_at = models.DateTimeField(_("处结时间"), null=True)
    handled_by = models.CharField(_("处警单位"), max_length=60, null=True)
    result = models.CharField(_("处理结果"), max_length=240, null=True)
    accident_number = models.CharField(_("事故编号"), max_length=60, null=True)

    class Meta:
        abstract = True


class CaptureFields(PlateFields):
    """What a checkpoint saw: `plate_read` is the reading as it came, `plate_number` what it is in canonical form."""

    occurred_at = models.DateTimeField(_("通过时间"), null=True)
    plate_read = models.CharField(_("识别结果"), max_length=20, null=True)
    confidence_pct = models.SmallIntegerField(_("置信度（%）"), null=True)
    device_number = models.CharField(_("卡口编号"), max_length=40, null=True)
    place_text = models.CharField(_("卡口"), max_length=240, null=True)
    point = models.PointField(_("位置"), srid=SRID, null=True, spatial_index=False)
    lane = models.SmallIntegerField(_("车道"), null=True)
    direction = models.CharField(_("行驶方向"), max_length=20, null=True)
    speed_kmh = models.SmallIntegerField(_("速度（千米/时）"), null=True)
    limit_kmh = models.SmallIntegerField(_("限速（千米/时）"), null=True)
    vehicle_type = models.CharField(_("车辆类型"), max_length=3, null=True)
    colour = models.CharField(_("车身颜色"), max_length=5, null=True)
    picture_ref = models.CharField(_("图片引用"), max_length=120, null=True)

    class Meta:
        abstract = True


class PositionFields(models.Model):
    """Where a vehicle was. `plate_number` and `plate_type` name the vehicle; `tracker` the platform's number for them."""

    occurred_at = models.DateTimeField(_("定位时间"))
    point = models.PointField(_("位置"), srid=SRID, spatial_index=False)
    speed_kmh = models.SmallIntegerField(_("速度（千米/时）"), null=True)
    direction_deg = models.SmallIntegerField(_("方向（度）"), null=True)

    class Meta:
        abstract = True
