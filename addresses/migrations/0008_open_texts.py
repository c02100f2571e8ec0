"""Open address texts in the order in which the worklist shows them: one index for every page, count and condition."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("addresses", "0007_registry_life"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="addresstext",
            index=models.Index(
                condition=models.Q(("status__in", ["ambiguous", "relative", "unmatched", "review"])),
                fields=["id"],
                include=("status", "town"),
                name="address_text_open",
            ),
        ),
        migrations.RemoveIndex(
            model_name="addresstext",
            name="address_text_worklist",
        ),
    ]
