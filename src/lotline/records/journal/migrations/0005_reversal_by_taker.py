from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("journal", "0004_carriage_by_ends"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="reversal",
            index=models.Index(fields=["by", "seq"], name="reversal_by_taker"),
        ),
    ]
