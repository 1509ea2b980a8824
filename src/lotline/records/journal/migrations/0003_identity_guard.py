"""Facts name plants, places, items and lots by code. A code that changed later would make what was written point nowhere.

So the database refuses a change of what a fact relies on: names may change, identities may not (docs/architecture/integrity-cases.md, T20).
"""

from django.db import migrations

IDENTITY = {
    "places_plant": ("code",),
    "places_place": ("plant_id", "code", "kind", "inside"),
    "catalog_item": ("code",),
    "catalog_lot": ("plant_id", "item_id", "code"),
}


def install_guard(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    for table, columns in IDENTITY.items():
        if vendor == "postgresql":
            changed = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in columns)
            schema_editor.execute(
                f"CREATE TRIGGER lotline_identity BEFORE UPDATE ON {table} FOR EACH ROW WHEN ({changed}) EXECUTE FUNCTION lotline_refuse()"
            )
        elif vendor == "sqlite":
            changed = " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in columns)
            schema_editor.execute(
                f"CREATE TRIGGER lotline_{table}_identity BEFORE UPDATE ON {table} WHEN {changed} "
                f"BEGIN SELECT RAISE(ABORT, 'lotline: the identity of a row of {table} is refused to change, facts name it'); END"
            )


def remove_guard(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    for table in IDENTITY:
        if vendor == "postgresql":
            schema_editor.execute(f"DROP TRIGGER IF EXISTS lotline_identity ON {table}")
        elif vendor == "sqlite":
            schema_editor.execute(f"DROP TRIGGER IF EXISTS lotline_{table}_identity")


class Migration(migrations.Migration):
    dependencies = [("journal", "0002_append_only_guard")]

    operations = [migrations.RunPython(install_guard, remove_guard)]
