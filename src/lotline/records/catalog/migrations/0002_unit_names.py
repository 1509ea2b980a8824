from django.db import migrations, models

# As of this migration; what is added later comes with the unit that is made.
NAMES = {
    "m2": {"en": "m²", "zh-hans": "m²"},
    "pcs": {"zh-hans": "件"},
    "bag": {"zh-hans": "袋"},
    "box": {"zh-hans": "盒"},
    "case": {"zh-hans": "箱"},
    "roll": {"zh-hans": "卷"},
    "set": {"zh-hans": "套"},
    "pallet": {"zh-hans": "托"},
}


def name_standard_units(apps, schema_editor):
    """Units that exist already and that nobody has named get the names that new ones are made with."""
    Unit = apps.get_model("catalog", "Unit")
    for unit in Unit.objects.filter(code__in=NAMES, name=""):
        unit.names = NAMES[unit.code]
        unit.save(update_fields=["names"])


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial")]

    operations = [
        migrations.AddField("unit", "names", models.JSONField(blank=True, default=dict)),
        migrations.RunPython(name_standard_units, migrations.RunPython.noop),
    ]
