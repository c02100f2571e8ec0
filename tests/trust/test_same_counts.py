"""Twenty random filters a role: list, legend and API count the same, capped ones in at most a fifth."""

from __future__ import annotations

import random

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from elements.filters import capped_count, filtered_elements
from elements.models import Source
from elements.registries import REGISTRIES
from tests.factories.claims import claim, owned_by, submit
from tests.factories.numbers import citizen_id, file_number, plate, uscc, vin
from tests.factories.users import make_users

READERS = ("brigade", "analyst", "squadron-1", "officer-1", "officer-2", "coordinator-1", "assistant-1")
DRAWS = 20


@pytest.fixture(scope="module")
def _draw() -> random.Random:
    return random.Random(20261124)


@pytest.fixture(scope="module")
def module_users(module_city):
    draw = random.Random(4)
    vehicles = [
        claim(1, vin=vin(n), plate_number=plate(n), plate_type=draw.choice(["01", "02"]), vehicle_type=draw.choice(["K33", "H11"]),
              use_nature=draw.choice("ABF"), state=draw.choice(["A", "G", "GQ"]), relations=[owned_by(n)],
              **({"grid": n % 6} if n % 7 else {}))
        for n in range(1, 61)
    ]  # fmt: skip
    submit("TMRI_VEHICLE", "VEHICLE", *vehicles)
    submit("TRANSPORT", "VEHICLE", *(claim(1, vin=vin(n), use_nature="A") for n in range(1, 20)))
    submit(
        "TMRI_DRIVER", "PERSON",
        *(claim(1, citizen_id=citizen_id(n), file_no=file_number(n), name="张试验", licence_classes=draw.choice(["C1", "A2D"]),
                points=n % 13, grid=n % 6) for n in range(1, 41)),
    )  # fmt: skip
    submit(
        "SECURITY_PERSON",
        "PERSON",
        *(claim(1, citizen_id=citizen_id(n), name="李试验", grid=n % 6) for n in range(50, 70)),
    )
    submit(
        "MARKET",
        "UNIT",
        *(
            claim(1, uscc=uscc(n), name=f"试验{n}", state=draw.choice(["存续", "注销"]), grid=n % 6)
            for n in range(1, 21)
        ),
    )
    for source, kind, values in (
        ("SECURITY_HOUSE", "HOUSE", lambda n: {"usage": draw.choice(["01", "02"])}),
        (
            "HIGHWAY",
            "ROAD",
            lambda n: {"name": f"试验路{n}", "road_class": draw.choice(["12", "13"]), "is_section": n > 5},
        ),
        ("FACILITY_LEDGER", "FACILITY", lambda n: {"facility_type": draw.choice(["01", "02"]), "state": "1"}),
        ("DANGER_LEDGER", "FACILITY", lambda n: {"facility_type": "10", "danger": "视距不足", "danger_grade": "2"}),
    ):
        submit(source, kind, *(claim(1, number=f"{kind}-{n}", grid=n % 6, **values(n)) for n in range(1, 16)))
    return make_users(module_city)


def random_query(draw: random.Random, registry: str, city) -> dict[str, str]:
    """Up to three parameters that the registry's filter has."""
    own = {
        "vehicles": [
            ("use_nature", "A"),
            ("use_nature", "F"),
            ("plate_type", "02"),
            ("state", "G"),
            ("vehicle_type", "K33"),
        ],
        "drivers": [("licence_class", "C1"), ("points_from", "6"), ("points_from", "12")],
        "units": [("state", "存续"), ("unit_type", "不存在")],
        "persons": [],
        "houses": [("usage", "01")],
        "sections": [("road_class", "12")],
        "roads": [("road_class", "13")],
        "facilities": [("facility_type", "01"), ("state", "1")],
        "dangers": [("danger_grade", "2"), ("danger_grade", "1")],
    }[registry]
    areas = [*city.grids, *city.districts, *city.squadrons, city.brigade, city.unplaced]
    common = [("area", str(draw.choice(areas).pk)), ("place", "SURVEYED"), ("place", "UNPLACED"), ("conflict", "true"),
              ("conflict", "false"), ("source", draw.choice(list(Source.objects.values_list("code", flat=True)))),
              ("updated_from", "2026-01-01"), ("finding", "false")]  # fmt: skip
    return dict(draw.sample([*own, *common], draw.randint(0, 3)))


@pytest.mark.parametrize("reader", READERS)
def test_list_legend_and_api_agree(users, city, reader):
    user, client, draw = users[reader], Client(), random.Random(f"20261124 {reader}")
    client.force_login(user)
    capped, told = 0, []
    for _ in range(DRAWS):
        registry = draw.choice(list(REGISTRIES))
        query = random_query(draw, registry, city)
        parameters = QueryDict(mutable=True)
        parameters.update(query)
        listed = capped_count(filtered_elements(REGISTRIES[registry], parameters, user)[0])
        api = client.get(reverse("elements-api:list", args=[registry]), query).json()
        legend = client.get(reverse("map:legend"), {"registry": registry, **query}).json()
        counted = next(entry for entry in legend["registries"] if entry["registry"] == registry)
        capped += listed.is_capped
        three = [
            (listed.value, listed.is_capped),
            (api["count"], api["more_than"]),
            (counted["count"], counted["more_than"]),
        ]
        if len(set(three)) > 1:
            told.append((registry, query, three))

    assert told == []
    assert capped <= DRAWS / 5
