"""A repetition has a date of its own."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("elements", "0004_list_by_update")]

    operations = [
        migrations.AddField(
            model_name="claimsupport",
            name="observed_at",
            field=models.DateTimeField(null=True, verbose_name="声明时间"),
        ),
        migrations.RunSQL(
            """UPDATE elements_claimsupport p SET observed_at = l.observed_at FROM elements_claimlog l WHERE l.id = p.claim_id""",
            migrations.RunSQL.noop,
        ),
        migrations.AlterField(
            model_name="claimsupport",
            name="observed_at",
            field=models.DateTimeField(verbose_name="声明时间"),
        ),
    ]
