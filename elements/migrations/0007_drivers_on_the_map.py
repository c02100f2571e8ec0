"""Dots of drivers are a kind of their own; a licence that nobody states any more is gone."""

from django.db import migrations

# The pyramid of the layer is counted again from its dots: one delta a dot, folded by the next beat.
_AGAIN = """
    UPDATE addresses_mapfeature f SET kind = 'DRIVER'
    FROM elements_driverlicence l WHERE f.layer = 2 AND f.kind = 'PERSON' AND l.element_id = f.subject_id;
    DELETE FROM addresses_mapcell WHERE layer = 2;
    DELETE FROM addresses_tiledelta WHERE layer = 2;
    INSERT INTO addresses_tiledelta (layer, x, y, block_id, kind, delta)
    SELECT 2, floor((ST_X(m) + 20037508.342789244) / size)::int, floor((20037508.342789244 - ST_Y(m)) / size)::int,
           block_id, kind, 1
    FROM (SELECT block_id, kind, ST_Transform(geom, 3857) AS m, 2 * 20037508.342789244 / 65536 AS size
          FROM addresses_mapfeature WHERE layer = 2) f;
"""


def _renamed(model: str) -> migrations.RenameField:
    return migrations.RenameField(model_name=model, old_name="lacks_details", new_name="parts_differ")


class Migration(migrations.Migration):
    dependencies = [("addresses", "0004_lean_indexes"), ("elements", "0006_lean_indexes")]

    operations = [
        _renamed("personplan"),
        _renamed("vehicleplan"),
        _renamed("unitplan"),
        migrations.RunSQL(_AGAIN, migrations.RunSQL.noop),
    ]
