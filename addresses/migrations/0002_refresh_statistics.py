"""The application role fills tables in bulk but does not own them, so ANALYZE is lent to it by a function."""

from django.db import migrations

CREATE = """
CREATE FUNCTION refresh_statistics(target regclass) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    EXECUTE format('ANALYZE %s', target);
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("addresses", "0001_places")]

    operations = [migrations.RunSQL(CREATE, "DROP FUNCTION refresh_statistics(regclass)")]
