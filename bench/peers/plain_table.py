"""django-import-export filling one plain table of the vehicle fields: no claims, addresses, history, map or keys."""

from __future__ import annotations

from django.db import connection, models
from import_export import resources
from import_export.instance_loaders import CachedInstanceLoader
from tablib import Dataset

from bench.vehicles import FIELDS, HEADERS
from elements.models.fields import VehicleFields


class PlainVehicle(VehicleFields):
    """One row a vehicle, as received; natural key: VIN, unique here."""

    class Meta:
        app_label = "bench"
        db_table = "bench_plain_vehicle"
        constraints = [models.UniqueConstraint(fields=["vin"], name="bench_plain_vehicle_vin")]


def create_statements() -> list[str]:
    """DDL of the plain table."""
    with connection.schema_editor(collect_sql=True) as editor:
        editor.create_model(PlainVehicle)
    return [str(statement) for statement in editor.collected_sql]


class PlainVehicleResource(resources.ModelResource):
    """The fast settings of its documentation: bulk writes, unchanged rows skipped, no report of them.

    `skip_diff` stays off: with it the library compares nothing and writes every unchanged row again.
    """

    class Meta:
        model = PlainVehicle
        fields = FIELDS
        import_id_fields = ("vin",)
        use_bulk = True
        batch_size = 2_000
        skip_unchanged = True
        report_skipped = False


class CachedPlainVehicleResource(PlainVehicleResource):
    """The same with all known rows loaded at once instead of one query a row."""

    class Meta(PlainVehicleResource.Meta):
        instance_loader_class = CachedInstanceLoader


def import_file(data: bytes, resource: type[PlainVehicleResource]) -> None:
    """Imports the file; columns are renamed to fields first, as a user of the library does.

    Raises:
        Exception: a row was refused; the library names it.
    """
    dataset = Dataset().load(data.decode(), format="csv")
    dataset.headers = [FIELDS[HEADERS.index(header)] for header in dataset.headers]
    resource().import_data(dataset, dry_run=False, raise_errors=True, use_transactions=True)
