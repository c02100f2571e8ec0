"""Elements are written by the fold only."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from elements.models import Element, ElementAddress, Relation, Vehicle
from tests.factories.claims import NOW, claim, owned_by, submit, vehicle_of
from tests.factories.dumps import dump_elements
from tests.factories.numbers import vin

pytestmark = pytest.mark.usefixtures("city")


def insert(city) -> None:
    Element.objects.create(kind="VEHICLE", block=city.grids[0], updated_at=NOW)


WRITES = {
    "insert": insert,
    "update": lambda city: Element.objects.update(label="手改"),
    "save": lambda city: vehicle_of(vin(1)).save(),
    "delete": lambda city: Element.objects.filter(kind="PERSON").delete(),
    "update detail": lambda city: Vehicle.objects.update(brand="手改"),
    "delete detail": lambda city: Vehicle.objects.all().delete(),
    "update address": lambda city: ElementAddress.objects.update(role="SITE"),
    "delete relation": lambda city: Relation.objects.all().delete(),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
def test_a_write_past_the_fold_is_refused_and_changes_nothing(write, city):
    submit("TMRI_VEHICLE", "VEHICLE", claim(1, vin=vin(1), registered_address=city.text(0), relations=[owned_by(1)]))
    before = dump_elements()
    with connection.cursor() as cursor:
        # The tests' own outer transaction is the one in which the fold opened its door.
        cursor.execute("SELECT set_config('app.fold', '', true)")
    with pytest.raises(IntegrityError, match="elements are written by the fold only"), transaction.atomic():
        write(city)

    assert dump_elements() == before


GUARDED = (
    "elements_element", "elements_elementaddress", "elements_relation", "elements_person", "elements_driverlicence",
    "elements_vehicle", "elements_unit",
)  # fmt: skip
EMPTY_WRITES = {
    "insert": "INSERT INTO {table} SELECT * FROM {table} WHERE false",
    "update": "UPDATE {table} SET {key} = {key} WHERE false",
    "delete": "DELETE FROM {table} WHERE false",
}


@pytest.mark.parametrize("table", GUARDED)
@pytest.mark.parametrize("statement", EMPTY_WRITES.values(), ids=EMPTY_WRITES.keys())
def test_every_folded_table_refuses_every_kind_of_statement(table, statement):
    """The guard stands before the statement: it needs no row to refuse."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.fold', '', true)")
        with pytest.raises(IntegrityError, match="elements are written by the fold only"), transaction.atomic():
            cursor.execute(statement.format(table=table, key=_key_of(table)))


def _key_of(table: str) -> str:
    (model,) = (model for model in apps.get_models() if model._meta.db_table == table)
    return model._meta.pk.column
