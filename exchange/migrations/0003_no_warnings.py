"""Every remark about a file is a problem of a row; a batch has none of its own."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("exchange", "0002_lean_indexes"),
    ]

    operations = [
        migrations.RemoveField(
            model_name="landingbatch",
            name="warnings",
        ),
    ]
