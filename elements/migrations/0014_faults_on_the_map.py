"""Facilities that are damaged, missing or under repair get dots of their own; the pyramid is counted again."""

from django.db import migrations

_TO_FAULT = """
    UPDATE addresses_mapfeature f SET kind = 'FAULT' FROM elements_facility d
    WHERE f.layer = 2 AND f.kind = 'FACILITY' AND d.element_id = f.subject_id AND d.state IN ('2', '3', '5');
    UPDATE addresses_layerversion SET version = version + 1, needs_rebuild = true WHERE layer = 2;
"""
_BACK = """
    UPDATE addresses_mapfeature SET kind = 'FACILITY' WHERE layer = 2 AND kind = 'FAULT';
    UPDATE addresses_layerversion SET version = version + 1, needs_rebuild = true WHERE layer = 2;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("elements", "0013_source_flow"),
        ("addresses", "0006_border_moves"),
    ]

    operations = [migrations.RunSQL(_TO_FAULT, _BACK)]
