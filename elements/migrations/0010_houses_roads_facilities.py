"""Houses, roads and facilities; relations with a period; whose numbers a source quotes."""

import django.contrib.gis.db.models.fields
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

_KINDS = ("house", "road", "facility")
# As in 0002 and 0006.
_UNLOGGED = [f"elements_{kind}{part}" for kind in _KINDS for part in ("stage", "plan")]
_REWRITTEN = [f"elements_{table}" for table in (*_KINDS, "danger", *(f"{kind}claim" for kind in _KINDS))]


class Migration(migrations.Migration):
    dependencies = [
        ("elements", "0009_plate_period_by_hash"),
        ("pghistory", "0007_auto_20250421_0444"),
    ]

    operations = [
        migrations.CreateModel(
            name="Danger",
            fields=[
                ("danger_grade", models.CharField(max_length=1, null=True, verbose_name="隐患等级")),
                ("danger", models.CharField(max_length=240, null=True, verbose_name="主要隐患")),
                ("treatment", models.CharField(max_length=240, null=True, verbose_name="整治意见")),
                ("treated_by", models.CharField(max_length=120, null=True, verbose_name="整改单位")),
                ("treat_by_on", models.DateField(null=True, verbose_name="整改期限")),
                ("reviewed_on", models.DateField(null=True, verbose_name="复查日期")),
                ("review_result", models.CharField(max_length=1, null=True, verbose_name="复查结果")),
                (
                    "element",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="danger",
                        serialize=False,
                        to="elements.element",
                        verbose_name="要素",
                    ),
                ),
            ],
            options={
                "verbose_name": "隐患",
                "verbose_name_plural": "隐患",
            },
        ),
        migrations.CreateModel(
            name="DangerEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("danger_grade", models.CharField(max_length=1, null=True, verbose_name="隐患等级")),
                ("danger", models.CharField(max_length=240, null=True, verbose_name="主要隐患")),
                ("treatment", models.CharField(max_length=240, null=True, verbose_name="整治意见")),
                ("treated_by", models.CharField(max_length=120, null=True, verbose_name="整改单位")),
                ("treat_by_on", models.DateField(null=True, verbose_name="整改期限")),
                ("reviewed_on", models.DateField(null=True, verbose_name="复查日期")),
                ("review_result", models.CharField(max_length=1, null=True, verbose_name="复查结果")),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Facility",
            fields=[
                ("name", models.CharField(max_length=120, null=True, verbose_name="设施名称")),
                ("facility_type", models.CharField(max_length=2, null=True, verbose_name="设施类型")),
                ("state", models.CharField(max_length=1, null=True, verbose_name="设施状态")),
                ("road_name", models.CharField(max_length=60, null=True, verbose_name="所在道路")),
                ("stake_m", models.IntegerField(null=True, verbose_name="桩号（米）")),
                ("model", models.CharField(max_length=60, null=True, verbose_name="规格型号")),
                ("capacity", models.IntegerField(null=True, verbose_name="泊位或容量")),
                ("installed_on", models.DateField(null=True, verbose_name="安装日期")),
                ("expires_on", models.DateField(null=True, verbose_name="使用期限止")),
                ("owner_department", models.CharField(max_length=120, null=True, verbose_name="管养单位")),
                ("site_address", models.CharField(max_length=240, null=True, verbose_name="位置")),
                (
                    "point",
                    django.contrib.gis.db.models.fields.PointField(
                        null=True, spatial_index=False, srid=4326, verbose_name="实测位置"
                    ),
                ),
                (
                    "element",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="facility",
                        serialize=False,
                        to="elements.element",
                        verbose_name="要素",
                    ),
                ),
            ],
            options={
                "verbose_name": "交通设施",
                "verbose_name_plural": "交通设施",
            },
        ),
        migrations.CreateModel(
            name="FacilityClaim",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120, null=True, verbose_name="设施名称")),
                ("facility_type", models.CharField(max_length=2, null=True, verbose_name="设施类型")),
                ("state", models.CharField(max_length=1, null=True, verbose_name="设施状态")),
                ("road_name", models.CharField(max_length=60, null=True, verbose_name="所在道路")),
                ("stake_m", models.IntegerField(null=True, verbose_name="桩号（米）")),
                ("model", models.CharField(max_length=60, null=True, verbose_name="规格型号")),
                ("capacity", models.IntegerField(null=True, verbose_name="泊位或容量")),
                ("installed_on", models.DateField(null=True, verbose_name="安装日期")),
                ("expires_on", models.DateField(null=True, verbose_name="使用期限止")),
                ("owner_department", models.CharField(max_length=120, null=True, verbose_name="管养单位")),
                ("site_address", models.CharField(max_length=240, null=True, verbose_name="位置")),
                (
                    "point",
                    django.contrib.gis.db.models.fields.PointField(
                        null=True, spatial_index=False, srid=4326, verbose_name="实测位置"
                    ),
                ),
                ("danger_grade", models.CharField(max_length=1, null=True, verbose_name="隐患等级")),
                ("danger", models.CharField(max_length=240, null=True, verbose_name="主要隐患")),
                ("treatment", models.CharField(max_length=240, null=True, verbose_name="整治意见")),
                ("treated_by", models.CharField(max_length=120, null=True, verbose_name="整改单位")),
                ("treat_by_on", models.DateField(null=True, verbose_name="整改期限")),
                ("reviewed_on", models.DateField(null=True, verbose_name="复查日期")),
                ("review_result", models.CharField(max_length=1, null=True, verbose_name="复查结果")),
                ("subject_key", models.CharField(max_length=100, verbose_name="对象键")),
                ("observed_at", models.DateTimeField(verbose_name="声明时间")),
                ("rank", models.SmallIntegerField(default=0, verbose_name="序")),
                (
                    "cleared",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), default=list, size=None, verbose_name="清空字段"
                    ),
                ),
                ("relations", models.JSONField(default=list, verbose_name="关系")),
            ],
            options={
                "verbose_name": "设施现行声明",
                "verbose_name_plural": "设施现行声明",
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="FacilityEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("name", models.CharField(max_length=120, null=True, verbose_name="设施名称")),
                ("facility_type", models.CharField(max_length=2, null=True, verbose_name="设施类型")),
                ("state", models.CharField(max_length=1, null=True, verbose_name="设施状态")),
                ("road_name", models.CharField(max_length=60, null=True, verbose_name="所在道路")),
                ("stake_m", models.IntegerField(null=True, verbose_name="桩号（米）")),
                ("model", models.CharField(max_length=60, null=True, verbose_name="规格型号")),
                ("capacity", models.IntegerField(null=True, verbose_name="泊位或容量")),
                ("installed_on", models.DateField(null=True, verbose_name="安装日期")),
                ("expires_on", models.DateField(null=True, verbose_name="使用期限止")),
                ("owner_department", models.CharField(max_length=120, null=True, verbose_name="管养单位")),
                ("site_address", models.CharField(max_length=240, null=True, verbose_name="位置")),
                (
                    "point",
                    django.contrib.gis.db.models.fields.PointField(
                        null=True, spatial_index=False, srid=4326, verbose_name="实测位置"
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="FacilityPlan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120, null=True, verbose_name="设施名称")),
                ("facility_type", models.CharField(max_length=2, null=True, verbose_name="设施类型")),
                ("state", models.CharField(max_length=1, null=True, verbose_name="设施状态")),
                ("road_name", models.CharField(max_length=60, null=True, verbose_name="所在道路")),
                ("stake_m", models.IntegerField(null=True, verbose_name="桩号（米）")),
                ("model", models.CharField(max_length=60, null=True, verbose_name="规格型号")),
                ("capacity", models.IntegerField(null=True, verbose_name="泊位或容量")),
                ("installed_on", models.DateField(null=True, verbose_name="安装日期")),
                ("expires_on", models.DateField(null=True, verbose_name="使用期限止")),
                ("owner_department", models.CharField(max_length=120, null=True, verbose_name="管养单位")),
                ("site_address", models.CharField(max_length=240, null=True, verbose_name="位置")),
                (
                    "point",
                    django.contrib.gis.db.models.fields.PointField(
                        null=True, spatial_index=False, srid=4326, verbose_name="实测位置"
                    ),
                ),
                ("danger_grade", models.CharField(max_length=1, null=True, verbose_name="隐患等级")),
                ("danger", models.CharField(max_length=240, null=True, verbose_name="主要隐患")),
                ("treatment", models.CharField(max_length=240, null=True, verbose_name="整治意见")),
                ("treated_by", models.CharField(max_length=120, null=True, verbose_name="整改单位")),
                ("treat_by_on", models.DateField(null=True, verbose_name="整改期限")),
                ("reviewed_on", models.DateField(null=True, verbose_name="复查日期")),
                ("review_result", models.CharField(max_length=1, null=True, verbose_name="复查结果")),
                ("job_id", models.BigIntegerField()),
                ("element_id", models.BigIntegerField()),
                ("version", models.IntegerField()),
                (
                    "conflicts",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), default=list, size=None
                    ),
                ),
                ("has_claims", models.BooleanField()),
                ("is_placed_anew", models.BooleanField(default=False)),
                ("parts_differ", models.BooleanField(default=False)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="FacilityStage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120, null=True, verbose_name="设施名称")),
                ("facility_type", models.CharField(max_length=2, null=True, verbose_name="设施类型")),
                ("state", models.CharField(max_length=1, null=True, verbose_name="设施状态")),
                ("road_name", models.CharField(max_length=60, null=True, verbose_name="所在道路")),
                ("stake_m", models.IntegerField(null=True, verbose_name="桩号（米）")),
                ("model", models.CharField(max_length=60, null=True, verbose_name="规格型号")),
                ("capacity", models.IntegerField(null=True, verbose_name="泊位或容量")),
                ("installed_on", models.DateField(null=True, verbose_name="安装日期")),
                ("expires_on", models.DateField(null=True, verbose_name="使用期限止")),
                ("owner_department", models.CharField(max_length=120, null=True, verbose_name="管养单位")),
                ("site_address", models.CharField(max_length=240, null=True, verbose_name="位置")),
                (
                    "point",
                    django.contrib.gis.db.models.fields.PointField(
                        null=True, spatial_index=False, srid=4326, verbose_name="实测位置"
                    ),
                ),
                ("danger_grade", models.CharField(max_length=1, null=True, verbose_name="隐患等级")),
                ("danger", models.CharField(max_length=240, null=True, verbose_name="主要隐患")),
                ("treatment", models.CharField(max_length=240, null=True, verbose_name="整治意见")),
                ("treated_by", models.CharField(max_length=120, null=True, verbose_name="整改单位")),
                ("treat_by_on", models.DateField(null=True, verbose_name="整改期限")),
                ("reviewed_on", models.DateField(null=True, verbose_name="复查日期")),
                ("review_result", models.CharField(max_length=1, null=True, verbose_name="复查结果")),
                ("job_id", models.BigIntegerField()),
                ("row_number", models.IntegerField()),
                ("source_id", models.BigIntegerField()),
                ("batch_id", models.BigIntegerField()),
                ("subject_key", models.CharField(max_length=100)),
                ("source_row_id", models.CharField(max_length=60, null=True)),
                ("observed_at", models.DateTimeField()),
                ("element_id", models.BigIntegerField(null=True)),
                ("is_new", models.BooleanField(default=False)),
                ("outcome", models.CharField(max_length=10, null=True)),
                ("claim_id", models.BigIntegerField(null=True)),
                ("needs_replay", models.BooleanField(default=False)),
                ("is_applied", models.BooleanField(default=False)),
                (
                    "cleared",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), default=list, size=None
                    ),
                ),
                ("relations", models.JSONField(default=list)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="House",
            fields=[
                ("name", models.CharField(max_length=60, null=True, verbose_name="房屋名称")),
                ("usage", models.CharField(max_length=2, null=True, verbose_name="房屋用途")),
                ("structure", models.CharField(max_length=20, null=True, verbose_name="建筑结构")),
                (
                    "area_m2",
                    models.DecimalField(decimal_places=2, max_digits=9, null=True, verbose_name="建筑面积（平方米）"),
                ),
                ("storeys", models.SmallIntegerField(null=True, verbose_name="层数")),
                ("built_on", models.DateField(null=True, verbose_name="建成日期")),
                ("owner_name", models.CharField(max_length=120, null=True, verbose_name="产权人")),
                ("site_address", models.CharField(max_length=240, null=True, verbose_name="坐落")),
                (
                    "point",
                    django.contrib.gis.db.models.fields.PointField(
                        null=True, spatial_index=False, srid=4326, verbose_name="实测位置"
                    ),
                ),
                (
                    "element",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="house",
                        serialize=False,
                        to="elements.element",
                        verbose_name="要素",
                    ),
                ),
            ],
            options={
                "verbose_name": "房屋",
                "verbose_name_plural": "房屋",
            },
        ),
        migrations.CreateModel(
            name="HouseClaim",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, null=True, verbose_name="房屋名称")),
                ("usage", models.CharField(max_length=2, null=True, verbose_name="房屋用途")),
                ("structure", models.CharField(max_length=20, null=True, verbose_name="建筑结构")),
                (
                    "area_m2",
                    models.DecimalField(decimal_places=2, max_digits=9, null=True, verbose_name="建筑面积（平方米）"),
                ),
                ("storeys", models.SmallIntegerField(null=True, verbose_name="层数")),
                ("built_on", models.DateField(null=True, verbose_name="建成日期")),
                ("owner_name", models.CharField(max_length=120, null=True, verbose_name="产权人")),
                ("site_address", models.CharField(max_length=240, null=True, verbose_name="坐落")),
                (
                    "point",
                    django.contrib.gis.db.models.fields.PointField(
                        null=True, spatial_index=False, srid=4326, verbose_name="实测位置"
                    ),
                ),
                ("subject_key", models.CharField(max_length=100, verbose_name="对象键")),
                ("observed_at", models.DateTimeField(verbose_name="声明时间")),
                ("rank", models.SmallIntegerField(default=0, verbose_name="序")),
                (
                    "cleared",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), default=list, size=None, verbose_name="清空字段"
                    ),
                ),
                ("relations", models.JSONField(default=list, verbose_name="关系")),
            ],
            options={
                "verbose_name": "房屋现行声明",
                "verbose_name_plural": "房屋现行声明",
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="HouseEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("name", models.CharField(max_length=60, null=True, verbose_name="房屋名称")),
                ("usage", models.CharField(max_length=2, null=True, verbose_name="房屋用途")),
                ("structure", models.CharField(max_length=20, null=True, verbose_name="建筑结构")),
                (
                    "area_m2",
                    models.DecimalField(decimal_places=2, max_digits=9, null=True, verbose_name="建筑面积（平方米）"),
                ),
                ("storeys", models.SmallIntegerField(null=True, verbose_name="层数")),
                ("built_on", models.DateField(null=True, verbose_name="建成日期")),
                ("owner_name", models.CharField(max_length=120, null=True, verbose_name="产权人")),
                ("site_address", models.CharField(max_length=240, null=True, verbose_name="坐落")),
                (
                    "point",
                    django.contrib.gis.db.models.fields.PointField(
                        null=True, spatial_index=False, srid=4326, verbose_name="实测位置"
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="HousePlan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, null=True, verbose_name="房屋名称")),
                ("usage", models.CharField(max_length=2, null=True, verbose_name="房屋用途")),
                ("structure", models.CharField(max_length=20, null=True, verbose_name="建筑结构")),
                (
                    "area_m2",
                    models.DecimalField(decimal_places=2, max_digits=9, null=True, verbose_name="建筑面积（平方米）"),
                ),
                ("storeys", models.SmallIntegerField(null=True, verbose_name="层数")),
                ("built_on", models.DateField(null=True, verbose_name="建成日期")),
                ("owner_name", models.CharField(max_length=120, null=True, verbose_name="产权人")),
                ("site_address", models.CharField(max_length=240, null=True, verbose_name="坐落")),
                (
                    "point",
                    django.contrib.gis.db.models.fields.PointField(
                        null=True, spatial_index=False, srid=4326, verbose_name="实测位置"
                    ),
                ),
                ("job_id", models.BigIntegerField()),
                ("element_id", models.BigIntegerField()),
                ("version", models.IntegerField()),
                (
                    "conflicts",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), default=list, size=None
                    ),
                ),
                ("has_claims", models.BooleanField()),
                ("is_placed_anew", models.BooleanField(default=False)),
                ("parts_differ", models.BooleanField(default=False)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="HouseStage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, null=True, verbose_name="房屋名称")),
                ("usage", models.CharField(max_length=2, null=True, verbose_name="房屋用途")),
                ("structure", models.CharField(max_length=20, null=True, verbose_name="建筑结构")),
                (
                    "area_m2",
                    models.DecimalField(decimal_places=2, max_digits=9, null=True, verbose_name="建筑面积（平方米）"),
                ),
                ("storeys", models.SmallIntegerField(null=True, verbose_name="层数")),
                ("built_on", models.DateField(null=True, verbose_name="建成日期")),
                ("owner_name", models.CharField(max_length=120, null=True, verbose_name="产权人")),
                ("site_address", models.CharField(max_length=240, null=True, verbose_name="坐落")),
                (
                    "point",
                    django.contrib.gis.db.models.fields.PointField(
                        null=True, spatial_index=False, srid=4326, verbose_name="实测位置"
                    ),
                ),
                ("job_id", models.BigIntegerField()),
                ("row_number", models.IntegerField()),
                ("source_id", models.BigIntegerField()),
                ("batch_id", models.BigIntegerField()),
                ("subject_key", models.CharField(max_length=100)),
                ("source_row_id", models.CharField(max_length=60, null=True)),
                ("observed_at", models.DateTimeField()),
                ("element_id", models.BigIntegerField(null=True)),
                ("is_new", models.BooleanField(default=False)),
                ("outcome", models.CharField(max_length=10, null=True)),
                ("claim_id", models.BigIntegerField(null=True)),
                ("needs_replay", models.BooleanField(default=False)),
                ("is_applied", models.BooleanField(default=False)),
                (
                    "cleared",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), default=list, size=None
                    ),
                ),
                ("relations", models.JSONField(default=list)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Road",
            fields=[
                ("name", models.CharField(max_length=60, null=True, verbose_name="道路名称")),
                ("route_code", models.CharField(max_length=10, null=True, verbose_name="路线编号")),
                ("road_class", models.CharField(max_length=2, null=True, verbose_name="道路类型")),
                ("admin_class", models.CharField(max_length=1, null=True, verbose_name="行政等级")),
                ("speed_limit_kmh", models.SmallIntegerField(null=True, verbose_name="限速（千米/时）")),
                ("lanes", models.SmallIntegerField(null=True, verbose_name="车道数")),
                ("manager_name", models.CharField(max_length=120, null=True, verbose_name="管养单位")),
                ("stake_from_m", models.IntegerField(null=True, verbose_name="起点桩号（米）")),
                ("stake_to_m", models.IntegerField(null=True, verbose_name="终点桩号（米）")),
                ("length_m", models.IntegerField(null=True, verbose_name="长度（米）")),
                ("is_section", models.BooleanField(null=True, verbose_name="路段")),
                (
                    "line",
                    django.contrib.gis.db.models.fields.LineStringField(
                        null=True, spatial_index=False, srid=4326, verbose_name="线位"
                    ),
                ),
                (
                    "point",
                    django.contrib.gis.db.models.fields.PointField(
                        null=True, spatial_index=False, srid=4326, verbose_name="中点"
                    ),
                ),
                (
                    "element",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="road",
                        serialize=False,
                        to="elements.element",
                        verbose_name="要素",
                    ),
                ),
            ],
            options={
                "verbose_name": "道路",
                "verbose_name_plural": "道路",
            },
        ),
        migrations.CreateModel(
            name="RoadClaim",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, null=True, verbose_name="道路名称")),
                ("route_code", models.CharField(max_length=10, null=True, verbose_name="路线编号")),
                ("road_class", models.CharField(max_length=2, null=True, verbose_name="道路类型")),
                ("admin_class", models.CharField(max_length=1, null=True, verbose_name="行政等级")),
                ("speed_limit_kmh", models.SmallIntegerField(null=True, verbose_name="限速（千米/时）")),
                ("lanes", models.SmallIntegerField(null=True, verbose_name="车道数")),
                ("manager_name", models.CharField(max_length=120, null=True, verbose_name="管养单位")),
                ("stake_from_m", models.IntegerField(null=True, verbose_name="起点桩号（米）")),
                ("stake_to_m", models.IntegerField(null=True, verbose_name="终点桩号（米）")),
                ("length_m", models.IntegerField(null=True, verbose_name="长度（米）")),
                ("is_section", models.BooleanField(null=True, verbose_name="路段")),
                (
                    "line",
                    django.contrib.gis.db.models.fields.LineStringField(
                        null=True, spatial_index=False, srid=4326, verbose_name="线位"
                    ),
                ),
                (
                    "point",
                    django.contrib.gis.db.models.fields.PointField(
                        null=True, spatial_index=False, srid=4326, verbose_name="中点"
                    ),
                ),
                ("subject_key", models.CharField(max_length=100, verbose_name="对象键")),
                ("observed_at", models.DateTimeField(verbose_name="声明时间")),
                ("rank", models.SmallIntegerField(default=0, verbose_name="序")),
                (
                    "cleared",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), default=list, size=None, verbose_name="清空字段"
                    ),
                ),
                ("relations", models.JSONField(default=list, verbose_name="关系")),
            ],
            options={
                "verbose_name": "道路现行声明",
                "verbose_name_plural": "道路现行声明",
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="RoadEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("name", models.CharField(max_length=60, null=True, verbose_name="道路名称")),
                ("route_code", models.CharField(max_length=10, null=True, verbose_name="路线编号")),
                ("road_class", models.CharField(max_length=2, null=True, verbose_name="道路类型")),
                ("admin_class", models.CharField(max_length=1, null=True, verbose_name="行政等级")),
                ("speed_limit_kmh", models.SmallIntegerField(null=True, verbose_name="限速（千米/时）")),
                ("lanes", models.SmallIntegerField(null=True, verbose_name="车道数")),
                ("manager_name", models.CharField(max_length=120, null=True, verbose_name="管养单位")),
                ("stake_from_m", models.IntegerField(null=True, verbose_name="起点桩号（米）")),
                ("stake_to_m", models.IntegerField(null=True, verbose_name="终点桩号（米）")),
                ("length_m", models.IntegerField(null=True, verbose_name="长度（米）")),
                ("is_section", models.BooleanField(null=True, verbose_name="路段")),
                (
                    "line",
                    django.contrib.gis.db.models.fields.LineStringField(
                        null=True, spatial_index=False, srid=4326, verbose_name="线位"
                    ),
                ),
                (
                    "point",
                    django.contrib.gis.db.models.fields.PointField(
                        null=True, spatial_index=False, srid=4326, verbose_name="中点"
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="RoadPlan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, null=True, verbose_name="道路名称")),
                ("route_code", models.CharField(max_length=10, null=True, verbose_name="路线编号")),
                ("road_class", models.CharField(max_length=2, null=True, verbose_name="道路类型")),
                ("admin_class", models.CharField(max_length=1, null=True, verbose_name="行政等级")),
                ("speed_limit_kmh", models.SmallIntegerField(null=True, verbose_name="限速（千米/时）")),
                ("lanes", models.SmallIntegerField(null=True, verbose_name="车道数")),
                ("manager_name", models.CharField(max_length=120, null=True, verbose_name="管养单位")),
                ("stake_from_m", models.IntegerField(null=True, verbose_name="起点桩号（米）")),
                ("stake_to_m", models.IntegerField(null=True, verbose_name="终点桩号（米）")),
                ("length_m", models.IntegerField(null=True, verbose_name="长度（米）")),
                ("is_section", models.BooleanField(null=True, verbose_name="路段")),
                (
                    "line",
                    django.contrib.gis.db.models.fields.LineStringField(
                        null=True, spatial_index=False, srid=4326, verbose_name="线位"
                    ),
                ),
                (
                    "point",
                    django.contrib.gis.db.models.fields.PointField(
                        null=True, spatial_index=False, srid=4326, verbose_name="中点"
                    ),
                ),
                ("job_id", models.BigIntegerField()),
                ("element_id", models.BigIntegerField()),
                ("version", models.IntegerField()),
                (
                    "conflicts",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), default=list, size=None
                    ),
                ),
                ("has_claims", models.BooleanField()),
                ("is_placed_anew", models.BooleanField(default=False)),
                ("parts_differ", models.BooleanField(default=False)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="RoadStage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, null=True, verbose_name="道路名称")),
                ("route_code", models.CharField(max_length=10, null=True, verbose_name="路线编号")),
                ("road_class", models.CharField(max_length=2, null=True, verbose_name="道路类型")),
                ("admin_class", models.CharField(max_length=1, null=True, verbose_name="行政等级")),
                ("speed_limit_kmh", models.SmallIntegerField(null=True, verbose_name="限速（千米/时）")),
                ("lanes", models.SmallIntegerField(null=True, verbose_name="车道数")),
                ("manager_name", models.CharField(max_length=120, null=True, verbose_name="管养单位")),
                ("stake_from_m", models.IntegerField(null=True, verbose_name="起点桩号（米）")),
                ("stake_to_m", models.IntegerField(null=True, verbose_name="终点桩号（米）")),
                ("length_m", models.IntegerField(null=True, verbose_name="长度（米）")),
                ("is_section", models.BooleanField(null=True, verbose_name="路段")),
                (
                    "line",
                    django.contrib.gis.db.models.fields.LineStringField(
                        null=True, spatial_index=False, srid=4326, verbose_name="线位"
                    ),
                ),
                (
                    "point",
                    django.contrib.gis.db.models.fields.PointField(
                        null=True, spatial_index=False, srid=4326, verbose_name="中点"
                    ),
                ),
                ("job_id", models.BigIntegerField()),
                ("row_number", models.IntegerField()),
                ("source_id", models.BigIntegerField()),
                ("batch_id", models.BigIntegerField()),
                ("subject_key", models.CharField(max_length=100)),
                ("source_row_id", models.CharField(max_length=60, null=True)),
                ("observed_at", models.DateTimeField()),
                ("element_id", models.BigIntegerField(null=True)),
                ("is_new", models.BooleanField(default=False)),
                ("outcome", models.CharField(max_length=10, null=True)),
                ("claim_id", models.BigIntegerField(null=True)),
                ("needs_replay", models.BooleanField(default=False)),
                ("is_applied", models.BooleanField(default=False)),
                (
                    "cleared",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), default=list, size=None
                    ),
                ),
                ("relations", models.JSONField(default=list)),
            ],
            options={
                "abstract": False,
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="relation",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="relation",
            name="delete_delete",
        ),
        migrations.AddField(
            model_name="relation",
            name="valid_from",
            field=models.DateField(null=True, verbose_name="起"),
        ),
        migrations.AddField(
            model_name="relation",
            name="valid_to",
            field=models.DateField(null=True, verbose_name="止（不含）"),
        ),
        migrations.AddField(
            model_name="relationevent",
            name="valid_from",
            field=models.DateField(null=True, verbose_name="起"),
        ),
        migrations.AddField(
            model_name="relationevent",
            name="valid_to",
            field=models.DateField(null=True, verbose_name="止（不含）"),
        ),
        migrations.AddField(
            model_name="source",
            name="quotes",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="elements.source",
                verbose_name="引用其编号的来源",
            ),
        ),
        migrations.AlterField(
            model_name="claimbatch",
            name="kind",
            field=models.CharField(
                choices=[
                    ("PERSON", "人员"),
                    ("VEHICLE", "机动车"),
                    ("UNIT", "单位"),
                    ("HOUSE", "房屋"),
                    ("ROAD", "道路"),
                    ("FACILITY", "交通设施"),
                ],
                max_length=10,
                verbose_name="种类",
            ),
        ),
        migrations.AlterField(
            model_name="claimlog",
            name="kind",
            field=models.CharField(
                choices=[
                    ("PERSON", "人员"),
                    ("VEHICLE", "机动车"),
                    ("UNIT", "单位"),
                    ("HOUSE", "房屋"),
                    ("ROAD", "道路"),
                    ("FACILITY", "交通设施"),
                ],
                max_length=10,
                verbose_name="种类",
            ),
        ),
        migrations.AlterField(
            model_name="element",
            name="kind",
            field=models.CharField(
                choices=[
                    ("PERSON", "人员"),
                    ("VEHICLE", "机动车"),
                    ("UNIT", "单位"),
                    ("HOUSE", "房屋"),
                    ("ROAD", "道路"),
                    ("FACILITY", "交通设施"),
                ],
                max_length=10,
                verbose_name="种类",
            ),
        ),
        migrations.AlterField(
            model_name="elementkey",
            name="scheme",
            field=models.SmallIntegerField(
                choices=[
                    (1, "公民身份号码"),
                    (2, "统一社会信用代码"),
                    (3, "组织机构代码"),
                    (4, "车辆识别代号"),
                    (5, "号牌"),
                    (6, "驾驶证档案编号"),
                    (7, "来源行号"),
                    (8, "路线编号"),
                ],
                verbose_name="键",
            ),
        ),
        migrations.AlterField(
            model_name="fieldpolicy",
            name="kind",
            field=models.CharField(
                choices=[
                    ("PERSON", "人员"),
                    ("VEHICLE", "机动车"),
                    ("UNIT", "单位"),
                    ("HOUSE", "房屋"),
                    ("ROAD", "道路"),
                    ("FACILITY", "交通设施"),
                ],
                max_length=10,
                verbose_name="种类",
            ),
        ),
        migrations.AlterField(
            model_name="fieldpolicyevent",
            name="kind",
            field=models.CharField(
                choices=[
                    ("PERSON", "人员"),
                    ("VEHICLE", "机动车"),
                    ("UNIT", "单位"),
                    ("HOUSE", "房屋"),
                    ("ROAD", "道路"),
                    ("FACILITY", "交通设施"),
                ],
                max_length=10,
                verbose_name="种类",
            ),
        ),
        migrations.AlterField(
            model_name="finding",
            name="scheme",
            field=models.SmallIntegerField(
                choices=[
                    (1, "公民身份号码"),
                    (2, "统一社会信用代码"),
                    (3, "组织机构代码"),
                    (4, "车辆识别代号"),
                    (5, "号牌"),
                    (6, "驾驶证档案编号"),
                    (7, "来源行号"),
                    (8, "路线编号"),
                ],
                verbose_name="键",
            ),
        ),
        migrations.AlterField(
            model_name="relation",
            name="type",
            field=models.CharField(
                choices=[
                    ("OWNED_BY", "所有人"),
                    ("DRIVEN_BY", "经常驾驶人"),
                    ("PARKS_AT", "停放处"),
                    ("LED_BY", "法定代表人"),
                    ("EMPLOYED_BY", "任职单位"),
                    ("LIVES_IN", "居住房屋"),
                    ("KEPT_BY", "管养单位"),
                    ("SECTION_OF", "所属道路"),
                ],
                max_length=12,
                verbose_name="关系",
            ),
        ),
        migrations.AlterField(
            model_name="relationevent",
            name="type",
            field=models.CharField(
                choices=[
                    ("OWNED_BY", "所有人"),
                    ("DRIVEN_BY", "经常驾驶人"),
                    ("PARKS_AT", "停放处"),
                    ("LED_BY", "法定代表人"),
                    ("EMPLOYED_BY", "任职单位"),
                    ("LIVES_IN", "居住房屋"),
                    ("KEPT_BY", "管养单位"),
                    ("SECTION_OF", "所属道路"),
                ],
                max_length=12,
                verbose_name="关系",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="relation",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "elements_relationevent" ("id", "object_id", "observed_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "source_id", "subject_id", "type", "valid_from", "valid_to") SELECT new_values."id", new_values."object_id", new_values."observed_at", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."source_id", new_values."subject_id", new_values."type", new_values."valid_from", new_values."valid_to" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="d332c92a692b5449a31fb95d6a719e332e6c4b3c",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_8c7ec",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="elements_relation",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="relation",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "elements_relationevent" ("id", "object_id", "observed_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "source_id", "subject_id", "type", "valid_from", "valid_to") SELECT old_values."id", old_values."object_id", old_values."observed_at", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."source_id", old_values."subject_id", old_values."type", old_values."valid_from", old_values."valid_to" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="e13fac15515f921915e26007b4bb33720c57947d",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_71349",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="elements_relation",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="danger",
            index=models.Index(fields=["treat_by_on", "element"], name="danger_treat_by"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="danger",
            trigger=pgtrigger.compiler.Trigger(
                name="fold_guard",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        IF coalesce(current_setting('app.fold', true), '') <> '1' THEN\n            RAISE EXCEPTION 'elements are written by the fold only: submit a claim' USING ERRCODE = '23000';\n        END IF;\n        RETURN NULL;\n    ",
                    hash="5d7f4f0e24784c5ed820c4858a542a2e6052dc01",
                    level="STATEMENT",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_fold_guard_5b2b9",
                    table="elements_danger",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="danger",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "elements_dangerevent" ("danger", "danger_grade", "element_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "review_result", "reviewed_on", "treat_by_on", "treated_by", "treatment") SELECT new_values."danger", new_values."danger_grade", new_values."element_id", _pgh_attached_context.value, NOW(), \'insert\', new_values."element_id", new_values."review_result", new_values."reviewed_on", new_values."treat_by_on", new_values."treated_by", new_values."treatment" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="ac2991b33df006b97af8e890d2bfa7fa6afdb6c7",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_3a06d",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="elements_danger",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="danger",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "elements_dangerevent" ("danger", "danger_grade", "element_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "review_result", "reviewed_on", "treat_by_on", "treated_by", "treatment") SELECT new_values."danger", new_values."danger_grade", new_values."element_id", _pgh_attached_context.value, NOW(), \'update\', new_values."element_id", new_values."review_result", new_values."reviewed_on", new_values."treat_by_on", new_values."treated_by", new_values."treatment" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."element_id") = (new_values."element_id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="f0f87f0645ef099ef2f54bfd87d12c8e5f749a87",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_c3b8a",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="elements_danger",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="danger",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "elements_dangerevent" ("danger", "danger_grade", "element_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "review_result", "reviewed_on", "treat_by_on", "treated_by", "treatment") SELECT old_values."danger", old_values."danger_grade", old_values."element_id", _pgh_attached_context.value, NOW(), \'delete\', old_values."element_id", old_values."review_result", old_values."reviewed_on", old_values."treat_by_on", old_values."treated_by", old_values."treatment" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="847c1e1784f475d21e61c7b7153f4b1eb1328da8",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_4394a",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="elements_danger",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddField(
            model_name="dangerevent",
            name="element",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                serialize=False,
                to="elements.element",
                verbose_name="要素",
            ),
        ),
        migrations.AddField(
            model_name="dangerevent",
            name="pgh_context",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="pghistory.context",
            ),
        ),
        migrations.AddField(
            model_name="dangerevent",
            name="pgh_obj",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="events",
                to="elements.danger",
            ),
        ),
        migrations.AddIndex(
            model_name="facility",
            index=models.Index(fields=["facility_type", "element"], name="facility_type"),
        ),
        migrations.AddIndex(
            model_name="facility",
            index=models.Index(fields=["expires_on", "element"], name="facility_expiry"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="facility",
            trigger=pgtrigger.compiler.Trigger(
                name="fold_guard",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        IF coalesce(current_setting('app.fold', true), '') <> '1' THEN\n            RAISE EXCEPTION 'elements are written by the fold only: submit a claim' USING ERRCODE = '23000';\n        END IF;\n        RETURN NULL;\n    ",
                    hash="a39a95abe865d1e1c3798fc9208bc3a07e67d28b",
                    level="STATEMENT",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_fold_guard_80359",
                    table="elements_facility",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="facility",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "elements_facilityevent" ("capacity", "element_id", "expires_on", "facility_type", "installed_on", "model", "name", "owner_department", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "point", "road_name", "site_address", "stake_m", "state") SELECT new_values."capacity", new_values."element_id", new_values."expires_on", new_values."facility_type", new_values."installed_on", new_values."model", new_values."name", new_values."owner_department", _pgh_attached_context.value, NOW(), \'insert\', new_values."element_id", new_values."point", new_values."road_name", new_values."site_address", new_values."stake_m", new_values."state" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="8d294528e51fc67402f6591a4c5635bdef86807d",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_41c63",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="elements_facility",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="facility",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "elements_facilityevent" ("capacity", "element_id", "expires_on", "facility_type", "installed_on", "model", "name", "owner_department", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "point", "road_name", "site_address", "stake_m", "state") SELECT new_values."capacity", new_values."element_id", new_values."expires_on", new_values."facility_type", new_values."installed_on", new_values."model", new_values."name", new_values."owner_department", _pgh_attached_context.value, NOW(), \'update\', new_values."element_id", new_values."point", new_values."road_name", new_values."site_address", new_values."stake_m", new_values."state" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."element_id") = (new_values."element_id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="240ad7da3da88e9565e85b84642284886db02b17",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_5f8fe",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="elements_facility",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddField(
            model_name="facilityclaim",
            name="claim",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="elements.claimlog",
                verbose_name="最近声明",
            ),
        ),
        migrations.AddField(
            model_name="facilityclaim",
            name="element",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="elements.element",
                verbose_name="要素",
            ),
        ),
        migrations.AddField(
            model_name="facilityclaim",
            name="source",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="elements.source",
                verbose_name="来源",
            ),
        ),
        migrations.AddField(
            model_name="facilityevent",
            name="element",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                serialize=False,
                to="elements.element",
                verbose_name="要素",
            ),
        ),
        migrations.AddField(
            model_name="facilityevent",
            name="pgh_context",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="pghistory.context",
            ),
        ),
        migrations.AddField(
            model_name="facilityevent",
            name="pgh_obj",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="events",
                to="elements.facility",
            ),
        ),
        migrations.AddConstraint(
            model_name="facilityplan",
            constraint=models.UniqueConstraint(fields=("job_id", "element_id"), name="facilityplan_element"),
        ),
        migrations.AddIndex(
            model_name="facilitystage",
            index=models.Index(fields=["job_id", "element_id"], name="facilitystage_element"),
        ),
        migrations.AddConstraint(
            model_name="facilitystage",
            constraint=models.UniqueConstraint(fields=("job_id", "row_number"), name="facilitystage_row"),
        ),
        migrations.AddIndex(
            model_name="house",
            index=models.Index(fields=["usage", "element"], name="house_usage"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="house",
            trigger=pgtrigger.compiler.Trigger(
                name="fold_guard",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        IF coalesce(current_setting('app.fold', true), '') <> '1' THEN\n            RAISE EXCEPTION 'elements are written by the fold only: submit a claim' USING ERRCODE = '23000';\n        END IF;\n        RETURN NULL;\n    ",
                    hash="0f646fdcd4d987d17eca35c8b398697b291c01ff",
                    level="STATEMENT",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_fold_guard_50529",
                    table="elements_house",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="house",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "elements_houseevent" ("area_m2", "built_on", "element_id", "name", "owner_name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "point", "site_address", "storeys", "structure", "usage") SELECT new_values."area_m2", new_values."built_on", new_values."element_id", new_values."name", new_values."owner_name", _pgh_attached_context.value, NOW(), \'insert\', new_values."element_id", new_values."point", new_values."site_address", new_values."storeys", new_values."structure", new_values."usage" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="dc789d2ea1106c6f4ca02a1535e7d99fd7013789",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_52798",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="elements_house",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="house",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "elements_houseevent" ("area_m2", "built_on", "element_id", "name", "owner_name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "point", "site_address", "storeys", "structure", "usage") SELECT new_values."area_m2", new_values."built_on", new_values."element_id", new_values."name", new_values."owner_name", _pgh_attached_context.value, NOW(), \'update\', new_values."element_id", new_values."point", new_values."site_address", new_values."storeys", new_values."structure", new_values."usage" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."element_id") = (new_values."element_id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="1a762d38da631c2a2d0154d794dd3b8d332cf4be",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_b1a68",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="elements_house",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddField(
            model_name="houseclaim",
            name="claim",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="elements.claimlog",
                verbose_name="最近声明",
            ),
        ),
        migrations.AddField(
            model_name="houseclaim",
            name="element",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="elements.element",
                verbose_name="要素",
            ),
        ),
        migrations.AddField(
            model_name="houseclaim",
            name="source",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="elements.source",
                verbose_name="来源",
            ),
        ),
        migrations.AddField(
            model_name="houseevent",
            name="element",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                serialize=False,
                to="elements.element",
                verbose_name="要素",
            ),
        ),
        migrations.AddField(
            model_name="houseevent",
            name="pgh_context",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="pghistory.context",
            ),
        ),
        migrations.AddField(
            model_name="houseevent",
            name="pgh_obj",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="events",
                to="elements.house",
            ),
        ),
        migrations.AddConstraint(
            model_name="houseplan",
            constraint=models.UniqueConstraint(fields=("job_id", "element_id"), name="houseplan_element"),
        ),
        migrations.AddIndex(
            model_name="housestage",
            index=models.Index(fields=["job_id", "element_id"], name="housestage_element"),
        ),
        migrations.AddConstraint(
            model_name="housestage",
            constraint=models.UniqueConstraint(fields=("job_id", "row_number"), name="housestage_row"),
        ),
        migrations.AddIndex(
            model_name="road",
            index=models.Index(
                django.contrib.postgres.indexes.OpClass("name", name="text_pattern_ops"), name="road_name"
            ),
        ),
        migrations.AddIndex(
            model_name="road",
            index=models.Index(fields=["road_class", "element"], name="road_class"),
        ),
        migrations.AddIndex(
            model_name="road",
            index=django.contrib.postgres.indexes.GistIndex(fields=["line"], name="road_line"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="road",
            trigger=pgtrigger.compiler.Trigger(
                name="fold_guard",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        IF coalesce(current_setting('app.fold', true), '') <> '1' THEN\n            RAISE EXCEPTION 'elements are written by the fold only: submit a claim' USING ERRCODE = '23000';\n        END IF;\n        RETURN NULL;\n    ",
                    hash="0758549461e00448c33cfc7700e9b64a75a58d9d",
                    level="STATEMENT",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_fold_guard_bbed2",
                    table="elements_road",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="road",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "elements_roadevent" ("admin_class", "element_id", "is_section", "lanes", "length_m", "line", "manager_name", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "point", "road_class", "route_code", "speed_limit_kmh", "stake_from_m", "stake_to_m") SELECT new_values."admin_class", new_values."element_id", new_values."is_section", new_values."lanes", new_values."length_m", new_values."line", new_values."manager_name", new_values."name", _pgh_attached_context.value, NOW(), \'insert\', new_values."element_id", new_values."point", new_values."road_class", new_values."route_code", new_values."speed_limit_kmh", new_values."stake_from_m", new_values."stake_to_m" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="1c95ac1856ef3e81fc14cf36f87feb78afdad3cf",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_e7539",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="elements_road",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="road",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "elements_roadevent" ("admin_class", "element_id", "is_section", "lanes", "length_m", "line", "manager_name", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "point", "road_class", "route_code", "speed_limit_kmh", "stake_from_m", "stake_to_m") SELECT new_values."admin_class", new_values."element_id", new_values."is_section", new_values."lanes", new_values."length_m", new_values."line", new_values."manager_name", new_values."name", _pgh_attached_context.value, NOW(), \'update\', new_values."element_id", new_values."point", new_values."road_class", new_values."route_code", new_values."speed_limit_kmh", new_values."stake_from_m", new_values."stake_to_m" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."element_id") = (new_values."element_id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="e6c39e3874de86a9d5e6f5ced4265e73a78a64ea",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_1a1f6",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="elements_road",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddField(
            model_name="roadclaim",
            name="claim",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="elements.claimlog",
                verbose_name="最近声明",
            ),
        ),
        migrations.AddField(
            model_name="roadclaim",
            name="element",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="elements.element",
                verbose_name="要素",
            ),
        ),
        migrations.AddField(
            model_name="roadclaim",
            name="source",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="elements.source",
                verbose_name="来源",
            ),
        ),
        migrations.AddField(
            model_name="roadevent",
            name="element",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                serialize=False,
                to="elements.element",
                verbose_name="要素",
            ),
        ),
        migrations.AddField(
            model_name="roadevent",
            name="pgh_context",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="pghistory.context",
            ),
        ),
        migrations.AddField(
            model_name="roadevent",
            name="pgh_obj",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="events",
                to="elements.road",
            ),
        ),
        migrations.AddConstraint(
            model_name="roadplan",
            constraint=models.UniqueConstraint(fields=("job_id", "element_id"), name="roadplan_element"),
        ),
        migrations.AddIndex(
            model_name="roadstage",
            index=models.Index(fields=["job_id", "element_id"], name="roadstage_element"),
        ),
        migrations.AddConstraint(
            model_name="roadstage",
            constraint=models.UniqueConstraint(fields=("job_id", "row_number"), name="roadstage_row"),
        ),
        migrations.AddIndex(
            model_name="facilityclaim",
            index=models.Index(fields=["element", "source", "rank"], name="facilityclaim_element"),
        ),
        migrations.AddConstraint(
            model_name="facilityclaim",
            constraint=models.UniqueConstraint(fields=("source", "subject_key"), name="facilityclaim_subject"),
        ),
        migrations.AddIndex(
            model_name="houseclaim",
            index=models.Index(fields=["element", "source", "rank"], name="houseclaim_element"),
        ),
        migrations.AddConstraint(
            model_name="houseclaim",
            constraint=models.UniqueConstraint(fields=("source", "subject_key"), name="houseclaim_subject"),
        ),
        migrations.AddIndex(
            model_name="roadclaim",
            index=models.Index(fields=["element", "source", "rank"], name="roadclaim_element"),
        ),
        migrations.AddConstraint(
            model_name="roadclaim",
            constraint=models.UniqueConstraint(fields=("source", "subject_key"), name="roadclaim_subject"),
        ),
        migrations.RunSQL(
            [
                *(f"ALTER TABLE {table} SET UNLOGGED" for table in _UNLOGGED),
                *(f"ALTER TABLE {table} SET (fillfactor = 50)" for table in _REWRITTEN),
            ],
            migrations.RunSQL.noop,
        ),
    ]
