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
