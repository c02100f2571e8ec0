"""The fields of each kind, once: the element's detail, its claims, staged rows and plans share these columns.

Every field may be NULL: for a claim that means "says nothing", for an element "nobody said". Personal numbers are
sealed. `*_address` is the text as received, personal numbers cut; `point` is a surveyed position (WGS84).
"""

from django.contrib.gis.db import models
from django.utils.translation import gettext_lazy as _

from common.fields import SealedField
from common.geometry import SRID


class PersonFields(models.Model):
    """A natural person."""

    name = models.CharField(_("姓名"), max_length=60, null=True)
    citizen_id = SealedField(_("公民身份号码"), purpose="citizen_id")
    sex = models.CharField(_("性别"), max_length=1, null=True)
    birth_on = models.DateField(_("出生日期"), null=True)
    phone = SealedField(_("联系电话"), purpose="phone")
    household_address = models.CharField(_("户籍地址"), max_length=240, null=True)
    residence_address = models.CharField(_("现住址"), max_length=240, null=True)
    point = models.PointField(_("实测位置"), srid=SRID, null=True, spatial_index=False)

    class Meta:
        abstract = True


class LicenceFields(models.Model):
    """A driving licence. Source of names: 六合一 driver tables; validity is the licence's, not an inspection's."""

    file_no = SealedField(_("档案编号"), purpose="file_no")
    licence_classes = models.CharField(_("准驾车型"), max_length=20, null=True)
    first_licensed_on = models.DateField(_("初次领证日期"), null=True)
    licence_valid_from = models.DateField(_("驾驶证有效期始"), null=True)
    licence_valid_to = models.DateField(_("驾驶证有效期止"), null=True)
    points = models.SmallIntegerField(_("累积记分"), null=True)
    licence_state = models.CharField(_("驾驶证状态"), max_length=12, null=True)
    review_due_on = models.DateField(_("审验日期"), null=True)
    issuing_authority = models.CharField(_("发证机关"), max_length=40, null=True)

    class Meta:
        abstract = True


class VehicleFields(models.Model):
    """A motor vehicle."""

    vin = models.CharField(_("车辆识别代号"), max_length=17, null=True)
    plate_number = models.CharField(_("号牌号码"), max_length=10, null=True)
    plate_type = models.CharField(_("号牌种类"), max_length=2, null=True)
    vehicle_type = models.CharField(_("车辆类型"), max_length=3, null=True)
    use_nature = models.CharField(_("使用性质"), max_length=1, null=True)
    brand = models.CharField(_("品牌"), max_length=60, null=True)
    model = models.CharField(_("型号"), max_length=60, null=True)
    engine_number = models.CharField(_("发动机号"), max_length=40, null=True)
    colour = models.CharField(_("车身颜色"), max_length=5, null=True)
    fuel = models.CharField(_("燃料种类"), max_length=3, null=True)
    seats = models.SmallIntegerField(_("核定载客（人）"), null=True)
    total_mass_kg = models.IntegerField(_("总质量（千克）"), null=True)
    first_registered_on = models.DateField(_("初次登记日期"), null=True)
    inspection_valid_to = models.DateField(_("检验有效期止"), null=True)
    scrap_due_on = models.DateField(_("强制报废期止"), null=True)
    insurance_valid_to = models.DateField(_("保险终止日期"), null=True)
    transport_permit = models.CharField(_("道路运输证号"), max_length=60, null=True)
    transport_permit_valid_to = models.DateField(_("道路运输证有效期止"), null=True)
    state = models.CharField(_("机动车状态"), max_length=12, null=True)
    issuing_authority = models.CharField(_("发证机关"), max_length=40, null=True)
    owner_name = models.CharField(_("所有人"), max_length=120, null=True)
    registered_address = models.CharField(_("登记地址"), max_length=240, null=True)
    parking_address = models.CharField(_("停放地址"), max_length=240, null=True)
    point = models.PointField(_("实测位置"), srid=SRID, null=True, spatial_index=False)

    class Meta:
        abstract = True


class UnitFields(models.Model):
    """An enterprise, institution, self-employed business or cooperative."""

    name = models.CharField(_("单位名称"), max_length=120, null=True)
    uscc = models.CharField(_("统一社会信用代码"), max_length=18, null=True)
    org_code = models.CharField(_("组织机构代码"), max_length=9, null=True)
    unit_type = models.CharField(_("单位类型"), max_length=40, null=True)
    legal_person_name = models.CharField(_("法定代表人"), max_length=60, null=True)
    phone = SealedField(_("联系电话"), purpose="phone")
    state = models.CharField(_("经营状态"), max_length=20, null=True)
    established_on = models.DateField(_("成立日期"), null=True)
    registered_address = models.CharField(_("住所"), max_length=240, null=True)
    business_address = models.CharField(_("经营场所"), max_length=240, null=True)
    point = models.PointField(_("实测位置"), srid=SRID, null=True, spatial_index=False)

    class Meta:
        abstract = True


class HouseFields(models.Model):
    """A dwelling, shop or farmhouse. It has no number of its own that every agency knows: its address tells where it is."""

    name = models.CharField(_("房屋名称"), max_length=60, null=True)
    usage = models.CharField(_("房屋用途"), max_length=2, null=True)
    structure = models.CharField(_("建筑结构"), max_length=20, null=True)
    area_m2 = models.DecimalField(_("建筑面积（平方米）"), max_digits=9, decimal_places=2, null=True)
    storeys = models.SmallIntegerField(_("层数"), null=True)
    built_on = models.DateField(_("建成日期"), null=True)
    owner_name = models.CharField(_("产权人"), max_length=120, null=True)
    site_address = models.CharField(_("坐落"), max_length=240, null=True)
    point = models.PointField(_("实测位置"), srid=SRID, null=True, spatial_index=False)

    class Meta:
        abstract = True


class RoadFields(models.Model):
    """A road, or the section of one that lies in one block. Stakes are metres from the route's origin.

    `point` is the middle of the line. Classes: road_class by the accident tables, admin_class by who manages it.
    """

    name = models.CharField(_("道路名称"), max_length=60, null=True)
    route_code = models.CharField(_("路线编号"), max_length=10, null=True)
    road_class = models.CharField(_("道路类型"), max_length=2, null=True)
    admin_class = models.CharField(_("行政等级"), max_length=1, null=True)
    speed_limit_kmh = models.SmallIntegerField(_("限速（千米/时）"), null=True)
    lanes = models.SmallIntegerField(_("车道数"), null=True)
    manager_name = models.CharField(_("管养单位"), max_length=120, null=True)
    stake_from_m = models.IntegerField(_("起点桩号（米）"), null=True)
    stake_to_m = models.IntegerField(_("终点桩号（米）"), null=True)
    length_m = models.IntegerField(_("长度（米）"), null=True)
    is_section = models.BooleanField(_("路段"), null=True)
    line = models.LineStringField(_("线位"), srid=SRID, null=True, spatial_index=False)
    point = models.PointField(_("中点"), srid=SRID, null=True, spatial_index=False)

    class Meta:
        abstract = True


class FacilityFields(models.Model):
    """A traffic facility: signal, sign, marking, barrier, camera, car park, bridge, culvert, school crossing, danger spot."""

    name = models.CharField(_("设施名称"), max_length=120, null=True)
    facility_type = models.CharField(_("设施类型"), max_length=2, null=True)
    state = models.CharField(_("设施状态"), max_length=1, null=True)
    road_name = models.CharField(_("所在道路"), max_length=60, null=True)
    stake_m = models.IntegerField(_("桩号（米）"), null=True)
    model = models.CharField(_("规格型号"), max_length=60, null=True)
    capacity = models.IntegerField(_("泊位或容量"), null=True)
    installed_on = models.DateField(_("安装日期"), null=True)
    expires_on = models.DateField(_("使用期限止"), null=True)
    owner_department = models.CharField(_("管养单位"), max_length=120, null=True)
    site_address = models.CharField(_("位置"), max_length=240, null=True)
    point = models.PointField(_("实测位置"), srid=SRID, null=True, spatial_index=False)

    class Meta:
        abstract = True


class DangerFields(models.Model):
    """What makes a spot of the road a hidden danger (隐患), and who is to mend it by when. Source: squadrons' ledgers."""

    danger_grade = models.CharField(_("隐患等级"), max_length=1, null=True)
    danger = models.CharField(_("主要隐患"), max_length=240, null=True)
    treatment = models.CharField(_("整治意见"), max_length=240, null=True)
    treated_by = models.CharField(_("整改单位"), max_length=120, null=True)
    treat_by_on = models.DateField(_("整改期限"), null=True)
    reviewed_on = models.DateField(_("复查日期"), null=True)
    review_result = models.CharField(_("复查结果"), max_length=1, null=True)

    class Meta:
        abstract = True
