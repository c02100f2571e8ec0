"""The pyramid counts areas as well: existing layers are counted again by the next folding."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("addresses", "0004_lean_indexes"),
    ]

    operations = [
        migrations.AddField(
            model_name="layerversion",
            name="needs_rebuild",
            field=models.BooleanField(db_default=False, verbose_name="待重新计数"),
        ),
        migrations.RunSQL("UPDATE addresses_layerversion SET needs_rebuild = true", migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="mapcell",
            name="block_id",
            field=models.BigIntegerField(verbose_name="块或责任区"),
        ),
    ]
