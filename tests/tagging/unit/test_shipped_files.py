"""The shipped files: complete, in order, and refused by name where something is wrong."""

from __future__ import annotations

import json
import re
from pathlib import Path
from shutil import copytree

import pytest

from tagging.choices import AlertLevel, Effect
from tagging.selectors.shipped import FOLDER, BadCatalogue, read_catalogue

ICONS = Path(__file__).resolve().parents[3] / "static" / "icons.svg"
# What the customer asked for, by the name of its tag.
ASKED_FOR = {
    "重点违法驾驶人", "渣土车", "疑似渣土车", "两客一危", "两客一危一货", "逾期未检验", "逾期未审验", "逾期未报废", "逾期未换证",
    "道路运输证过期", "人车不一致", "人户不一致", "重点路段", "隐患部位", "事故多发点", "事故多发段", "号牌异常", "酒驾", "毒驾",
    "失驾", "超员驾驶人", "超员车辆", "农用车载人", "设施缺失", "设施损坏", "设施到期",
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copytree(FOLDER, tmp_path / "shipped")


def test_every_tag_asked_for_is_there_and_has_its_rule():
    catalogue = read_catalogue()

    assert {values["name"] for values in catalogue.tags.values()} >= ASKED_FOR
    ruled = {one.tag for one in catalogue.rules}
    assert set(catalogue.tags) - ruled == {"SLAG_TRUCK"}
    assert [code for code, values in catalogue.tags.items() if values.get("is_manual")] == ["SLAG_TRUCK"]


def test_every_tag_says_what_to_do_and_has_an_icon_of_the_sprite():
    drawn = set(re.findall(r'<symbol id="([a-z0-9-]+)"', ICONS.read_text(encoding="utf-8")))
    for code, values in read_catalogue().tags.items():
        assert len(values["guidance"]) > 20 and values["guidance"].endswith("。"), code
        assert values["icon"] in drawn, code
        assert values["source"] and values["minutes"] > 0, code
        assert values.get("alert_level", 0) in AlertLevel.values, code
        # What alerts is grave, or keeps somebody from seeing a sign.
        assert not values.get("alert_level") or values["level"] == 3 or code == "FACILITY_MISSING", code


def test_a_near_miss_is_narrower_than_its_rule_denied():
    for one in read_catalogue().rules:
        assert one.near_body["where"]["all"] == [one.near, {"not": one.body["where"]}]
        assert one.near_title and one.source, one.code


def test_outcomes_begin_with_the_general_ones_and_narrow_some():
    general = {one.values["outcome"]: one.values for one in read_catalogue().outcomes if not one.tag}
    own = {(one.tag, one.values["outcome"]): one.values for one in read_catalogue().outcomes if one.tag}

    assert {code: (values["effect"], values.get("days")) for code, values in general.items()} == {
        "INFORMED": ("KEEP", None), "EDUCATED": ("END", 90), "RECTIFIED": ("END", 0), "NOT_MET": ("KEEP", None),
        "AWAY": ("EXTEND", 30), "REFUSED": ("ESCALATE", None),
    }  # fmt: skip
    assert own["DRINK_DRIVING", "EDUCATED"]["effect"] == Effect.KEEP
    assert own["INSPECTION_OVERDUE", "INSPECTED"]["days"] == own["SCRAP_OVERDUE", "SCRAPPED"]["days"] == 0


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("tags.toml", "level = 3", "level = 7", "KEY_DRIVER|重点违法驾驶人"),
        ("tags.toml", 'icon = "steering-wheel"', 'symbol = "steering-wheel"', "symbol"),
        ("tags.toml", 'kind = "PERSON"', 'kind = "HORSE"', "HORSE"),
        ("tags.toml", "[KEY_DRIVER]", "[KEY_DRIVER", "tags.toml"),
        ("outcomes.toml", 'effect = "END"\ndays = 90', 'effect = "END"', "EDUCATED 缺少 days"),
        ("outcomes.toml", 'effect = "KEEP"', 'effect = "FORGET"', "FORGET"),
        ("outcomes.toml", '"SCRAP_OVERDUE"', '"SCRAPPED_OVERDUE"', "没有标签 SCRAPPED_OVERDUE"),
        ("outcomes.toml", 'code = "NOT_MET"', 'code = "INFORMED"', "INFORMED 重复"),
        ("rules/open_danger.json", '"tag": "OPEN_DANGER"', '"tag": "CLOSED_DANGER"', "没有标签 CLOSED_DANGER"),
        ("rules/open_danger.json", '"code": "OPEN_DANGER"', '"code": "KEY_DRIVER"', "与文件名不符"),
        ("rules/open_danger.json", '"near_title"', '"nearly"', "nearly"),
        ("rules/open_danger.json", '"body": {', '"body": ', "open_danger.json"),
    ],
)
def test_a_bad_file_is_refused_by_name(folder, file, old, new, said):
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")

    with pytest.raises(BadCatalogue) as refused:
        read_catalogue(folder)
    assert re.search(said, refused.value.message)
    assert path.name in refused.value.message


def test_rule_files_are_written_as_they_are_read():
    for path in (FOLDER / "rules").glob("*.json"):
        text = path.read_text(encoding="utf-8")
        assert text.endswith("}\n") and "\\u" not in text, path.name
        assert max(len(line) for line in text.splitlines() if '"source"' not in line) <= 140, path.name
        json.loads(text)
