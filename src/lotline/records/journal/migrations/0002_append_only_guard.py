"""Law 5 in the database: facts are frozen. No path around Python can change or remove what was recorded.

The statements are written out, so that this migration means the same for ever. On Citus, which takes no triggers on
distributed tables, the same is done by not granting UPDATE and DELETE.
"""

from django.db import migrations

FROZEN = ("journal_fact", "journal_posting", "journal_carriage", "journal_subject", "journal_reversal")
# Rows that postings name without a foreign key: they change, but they stay.
KEPT = ("catalog_lot", "places_place", "places_plant")

POSTGRESQL = """
CREATE OR REPLACE FUNCTION lotline_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'lotline: % on % is refused, records are append-only', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""


def install_guard(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    if vendor == "postgresql":
        schema_editor.execute(POSTGRESQL, params=None)  # its % signs are no placeholders
        for table in FROZEN:
            schema_editor.execute(
                f"CREATE TRIGGER lotline_frozen BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION lotline_refuse()"
            )
        for table in KEPT:
            schema_editor.execute(f"CREATE TRIGGER lotline_kept BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION lotline_refuse()")
        for table in FROZEN + KEPT:
            schema_editor.execute(
                f"CREATE TRIGGER lotline_whole BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION lotline_refuse()"
            )
    elif vendor == "sqlite":
        for table in FROZEN:
            schema_editor.execute(_sqlite_trigger(table, "update"))
        for table in FROZEN + KEPT:
            schema_editor.execute(_sqlite_trigger(table, "delete"))


def remove_guard(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    for table in FROZEN + KEPT:
        if vendor == "postgresql":
            for name in ("lotline_frozen", "lotline_kept", "lotline_whole"):
                schema_editor.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}")
        elif vendor == "sqlite":
            for event in ("update", "delete"):
                schema_editor.execute(f"DROP TRIGGER IF EXISTS lotline_{table}_{event}")


def _sqlite_trigger(table, event):
    return (
        f"CREATE TRIGGER lotline_{table}_{event} BEFORE {event.upper()} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, 'lotline: {event} on {table} is refused, records are append-only'); END"
    )


class Migration(migrations.Migration):
    dependencies = [("journal", "0001_initial"), ("catalog", "0001_initial"), ("places", "0001_initial")]

    operations = [migrations.RunPython(install_guard, remove_guard)]
