"""Houses, roads and facilities: from the columns that agencies use to elements in their blocks, and back."""

from __future__ import annotations

import pytest

from addresses.choices import MapLayer
from addresses.models import MapFeature
from elements.choices import RelationType
from elements.models import Danger, Element, Facility, House, Relation, Road
from exchange.problems import sentence
from tests.factories.dumps import dump_elements
from tests.factories.files import bring_in, csv_file, take_back
from tests.factories.numbers import citizen_id, plate, uscc, vin
from tests.factories.places import point_in

pytestmark = pytest.mark.usefixtures("city")

HOUSE_HEADERS = ["房屋编号", "用途", "建筑面积", "房主", "房主证件号", "坐落"]
ROAD_HEADERS = ["道路编号", "路线编号", "道路名称", "技术等级", "限速", "起点桩号", "终点桩号", "WKT"]
FACILITY_HEADERS = [
    "编号",
    "设施类型",
    "名称",
    "状态",
    "桩号",
    "经度",
    "纬度",
    "主要隐患",
    "整改单位",
    "整改期限",
    "隐患等级",
]


def houses(city) -> bytes:
    return csv_file(
        [
            HOUSE_HEADERS,
            ["H1", "自住", "89.5㎡", "张试验", citizen_id(1), city.text(0)],
            ["H2", "02", "1,200平方米", "", "", city.text(4)],
            ["无", "自住", "10", "", "", city.text(1)],
            ["H4", "城堡", "很大", "", "", city.text(2)],
        ],
        encoding="gb18030",
    )


def facilities() -> bytes:
    lon, lat = (f"{value:.6f}" for value in point_in(2))
    return csv_file(
        [
            FACILITY_HEADERS,
            ["S1", "信号灯", "某路口信号灯", "正常", "K1+200", lon, lat, "", "", "", ""],
            ["Y1", "隐患点段", "某弯道", "", "K19+906", lon, lat, "视距不足", "某镇政府", "2026-12-31", "较大"],
        ]
    )


def road(wkt: str, number: str = "R1", code: str = "G206") -> bytes:
    return csv_file([ROAD_HEADERS, [number, code, "某国道", "二级公路", "80", "K0+000", "K5.3", wkt]])


def bring_houses(city):
    return bring_in(houses(city), source="SECURITY_HOUSE", kind="HOUSE")


def test_houses_get_their_address_and_owner(city):
    batch = bring_houses(city)

    assert batch.counts["created"] == 3
    assert batch.counts["to_review"] == 1
    rows = {row.row_number: sentence(row.problems) for row in batch.rows.exclude(problems=[])}
    assert rows.keys() == {3, 4}
    assert "“房屋编号”为空" in rows[3]
    assert "不在代码表中" in rows[4]
    assert "不是数字" in rows[4]
    first, second, third = House.objects.order_by("usage")
    assert (first.usage, str(first.area_m2), first.element.block) == ("01", "89.50", city.grids[0])
    assert (second.usage, str(second.area_m2), second.element.block) == ("02", "1200.00", city.grids[4])
    assert third.usage is None
    owner = Relation.objects.get(subject=first.element)
    assert (owner.type, owner.object.kind, owner.object.is_owned) == (RelationType.OWNED_BY, "PERSON", False)


def test_the_same_number_of_two_kinds_is_two_things(city):
    bring_in(houses(city), source="FIELD", kind="HOUSE")
    bring_in(csv_file([FACILITY_HEADERS[:3], ["H1", "标志", "某标志"]]), source="FIELD", kind="FACILITY")

    assert House.objects.count() == 3
    assert Facility.objects.count() == 1


def test_a_danger_is_a_facility_with_a_case(city):
    bring_in(facilities(), source="DANGER_LEDGER", kind="FACILITY")

    signal, bend = Facility.objects.order_by("facility_type")
    assert (signal.facility_type, signal.state, signal.stake_m, signal.element.block) == (
        "01",
        "1",
        1200,
        city.grids[2],
    )
    assert Danger.objects.get().element_id == bend.element_id
    assert (bend.element.danger.danger, str(bend.element.danger.treat_by_on), bend.element.danger.danger_grade) == (
        "视距不足",
        "2026-12-31",
        "2",
    )
    kinds = dict(MapFeature.objects.filter(layer=MapLayer.ELEMENT).values_list("subject_id", "kind"))
    assert kinds == {signal.element_id: "FACILITY", bend.element_id: "DANGER"}


def test_a_broken_facility_has_a_dot_of_its_own_until_it_is_mended(city):
    lon, lat = (f"{value:.6f}" for value in point_in(2))
    for state, kind in (("损坏", "FAULT"), ("正常", "FACILITY"), ("维修中", "FAULT")):
        row = ["S1", "信号灯", "某路口信号灯", state, "K1+200", lon, lat, "", "", "", ""]
        bring_in(csv_file([FACILITY_HEADERS, row]), source="FACILITY_LEDGER", kind="FACILITY")
        assert list(MapFeature.objects.filter(layer=MapLayer.ELEMENT).values_list("kind", flat=True)) == [kind]


def test_a_road_has_its_line_middle_and_length(city):
    (west, lat), (east, _) = point_in(0, 0.5), point_in(3, 0.5)
    bring_in(road(f"LINESTRING ({west} {lat}, {east} {lat})"), source="HIGHWAY", kind="ROAD")

    made = Road.objects.get()
    assert (made.route_code, made.road_class, made.stake_to_m, made.is_section) == ("G206", "12", 5300, False)
    assert made.line.coords == ((west, lat), (east, lat))
    assert 5_250 < made.length_m < 5_400
    assert made.element.block in (city.grids[1], city.grids[2])


@pytest.mark.parametrize(
    ("wkt", "says"),
    [
        ("LINESTRING (37.17 119.9, 37.17 119.95)", "写反了"),
        ("LINESTRING (119.9 37.17, 125 37.17)", "不在莱州范围内"),
        ("POINT (119.9 37.17)", "不是一条"),
        ("LINESTRING (119.9 37.17", "不是可读的线"),
        ("MULTILINESTRING ((119.9 37.17, 119.91 37.17), (119.95 37.17, 119.96 37.17))", "不是一条"),
        ("LINESTRING (nan nan, inf 1)", "不是可读的线"),
        ("LINESTRING EMPTY", "不是一条"),
    ],
)
def test_a_line_that_is_none_is_named(city, wkt, says):
    batch = bring_in(road(wkt), source="HIGHWAY", kind="ROAD")

    assert says in sentence(batch.rows.get().problems)
    assert Road.objects.filter(line__isnull=False).count() == 0


def test_persons_live_and_work_with_a_period(city):
    bring_houses(city)
    headers = ["身份证号", "姓名", "房屋编号", "所属企业信用代码", "所属企业", "入职日期", "离职日期"]
    people = csv_file([headers, [citizen_id(7), "李试验", "H1", uscc(3), "某运输公司", "2020-05-01", "长期"]])
    batch = bring_in(people, source="SECURITY_PERSON", kind="PERSON")
    assert sentence(batch.rows.get().problems) == ""

    person = Element.objects.get(label="李试验")
    lives, works = Relation.objects.filter(subject=person).order_by("-type")
    assert (lives.type, lives.object_id) == (RelationType.LIVES_IN, House.objects.get(usage="01").element_id)
    assert (works.type, works.object.label, str(works.valid_from), works.valid_to) == (
        RelationType.EMPLOYED_BY, "某运输公司", "2020-05-01", None,
    )  # fmt: skip
    later = csv_file([headers, [citizen_id(7), "李试验", "H1", uscc(3), "某运输公司", "2020-05-01", "2026-01-31"]])
    second = bring_in(later, source="SECURITY_PERSON", kind="PERSON")
    assert str(Relation.objects.get(type=RelationType.EMPLOYED_BY).valid_to) == "2026-01-31"
    take_back(second)
    assert Relation.objects.get(type=RelationType.EMPLOYED_BY).valid_to is None


def test_the_same_files_again_change_nothing_and_undo_restores(city):
    empty = dump_elements()
    batches = [bring_houses(city), bring_in(facilities(), source="DANGER_LEDGER", kind="FACILITY")]
    full = dump_elements()
    again = [bring_houses(city), bring_in(facilities(), source="DANGER_LEDGER", kind="FACILITY")]
    assert [batch.counts["unchanged"] for batch in again] == [3, 2]
    assert dump_elements() == full
    for batch in (*again, *batches):
        take_back(batch)
    assert Element.objects.standing().filter(is_owned=True).count() == 0
    assert empty.keys() == dump_elements().keys()


SECTION_HEADERS = ["道路编号", "所属道路编号", "道路名称", "起点桩号", "终点桩号", "WKT"]


def test_a_section_that_leaves_its_road_is_held_back(city):
    (west, lat), (east, _), (_, north) = point_in(0), point_in(3), point_in(3, 0.5, 0.9)
    on_road = f"LINESTRING ({west} {lat}, {east} {lat})"
    bring_in(road(on_road), source="HIGHWAY", kind="ROAD")

    batch = bring_in(
        csv_file(
            [
                SECTION_HEADERS,
                ["D1", "R1", "某国道一段", "K0+000", "K2+000", on_road],
                ["D2", "R1", "某国道二段", "K2+000", "K4+000", f"LINESTRING ({west} {north}, {east} {north})"],
                ["D3", "R1", "某国道三段", "K4+000", "K9+000", on_road],
                ["D4", "D1", "路段的路段", "K0+000", "K1+000", on_road],
                ["D5", "D6", "互为上级", "", "", on_road],
                ["D6", "D5", "互为上级", "", "", on_road],
                ["D7", "R9", "路未到", "K0+000", "K1+000", on_road],
            ]
        ),
        source="HIGHWAY",
        kind="ROAD",
    )

    assert (batch.counts["created"], batch.counts["to_review"]) == (2, 5)
    problems = {row.row_number: sentence(row.problems) for row in batch.rows.filter(outcome="TO_REVIEW")}
    assert problems.keys() == {2, 3, 4, 5, 6}
    assert "偏离所属道路" in problems[2]
    assert "超出所属道路" in problems[3]
    assert "也是一个路段" in problems[4] and "也是一个路段" in problems[6]
    # The road of the last one is not known yet: it is named as a stub, and counted nowhere.
    stub = Relation.objects.get(subject__label="路未到").object
    assert (stub.kind, stub.is_owned) == ("ROAD", False)


def test_a_house_without_name_and_address_is_called_by_its_number(city):
    bring_in(csv_file([["房屋编号", "用途"], ["FW-77", "自住"]]), source="SECURITY_HOUSE", kind="HOUSE")
    assert Element.objects.get(kind="HOUSE").label == "FW-77"


def test_two_kinds_in_one_file_rows_of_the_other_are_held_back(city):
    """Brought in as vehicles: a row that is a facility has no key of a vehicle and makes nothing."""
    rows = [
        ["车辆识别代号", "号牌号码", "号牌种类", "品牌", "设施编号", "设施类型", "设施名称"],
        [vin(1), plate(1), "02", "甲牌", "", "", ""],
        ["", "", "", "", "S1", "信号灯", "某路口信号灯"],
    ]
    batch = bring_in(csv_file(rows), source="TRANSPORT", kind="VEHICLE")

    assert (batch.counts["created"], batch.counts["to_review"]) == (1, 1)
    held = batch.rows.get(outcome="TO_REVIEW")
    assert (held.row_number, "为空" in sentence(held.problems)) == (2, True)
    assert [element.kind for element in Element.objects.standing()] == ["VEHICLE"]
