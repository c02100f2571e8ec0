"""Indexes that nobody reads are gone: foreign keys that another index leads, copies for LIKE, keys of history rows."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("exchange", "0001_landing"),
    ]

    operations = [
        migrations.AlterField(
            model_name="landingrow",
            name="batch",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="rows",
                to="exchange.landingbatch",
                verbose_name="批次",
            ),
        ),
        migrations.AlterField(
            model_name="landingrow",
            name="mended_by_row",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="mends_row",
                to="exchange.landingrow",
                verbose_name="修补行",
            ),
        ),
        migrations.AddIndex(
            model_name="landingrow",
            index=models.Index(
                condition=models.Q(("mended_by_row__isnull", False)),
                fields=["mended_by_row"],
                name="landing_row_mended",
            ),
        ),
    ]
