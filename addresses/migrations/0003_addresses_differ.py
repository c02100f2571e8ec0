"""Two texts differ when both are accepted and neither's standard address contains the other's: wording is no difference."""

from django.db import migrations

CREATE = """
CREATE FUNCTION addresses_differ(one text, other text) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT coalesce((
        SELECT a.id <> b.id AND NOT starts_with(a.key, b.key || '|') AND NOT starts_with(b.key, a.key || '|')
        FROM addresses_addresstext s
        JOIN addresses_standardaddress a ON a.id = s.address_id AND s.status IN ('exact', 'partial')
        CROSS JOIN addresses_addresstext t
        JOIN addresses_standardaddress b ON b.id = t.address_id AND t.status IN ('exact', 'partial')
        WHERE s.text = one AND t.text = other), false)
$$
"""


class Migration(migrations.Migration):
    dependencies = [("addresses", "0002_refresh_statistics")]

    operations = [migrations.RunSQL(CREATE, "DROP FUNCTION addresses_differ(text, text)")]
