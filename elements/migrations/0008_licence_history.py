"""The end of a licence is history as well."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("elements", "0007_drivers_on_the_map"),
    ]

    operations = [
        pgtrigger.migrations.AddTrigger(
            model_name="driverlicence",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "elements_driverlicenceevent" ("element_id", "file_no", "first_licensed_on", "issuing_authority", "licence_classes", "licence_state", "licence_valid_from", "licence_valid_to", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "points", "review_due_on") SELECT old_values."element_id", old_values."file_no", old_values."first_licensed_on", old_values."issuing_authority", old_values."licence_classes", old_values."licence_state", old_values."licence_valid_from", old_values."licence_valid_to", _pgh_attached_context.value, NOW(), \'delete\', old_values."element_id", old_values."points", old_values."review_due_on" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="9f198dc388d49274d61cc380dbea54382e17d1c0",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_06e63",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="elements_driverlicence",
                    when="AFTER",
                ),
            ),
        ),
    ]
