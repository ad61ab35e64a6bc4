from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("network", "0006_leaving"),
    ]

    operations = [
        migrations.AddField(
            model_name="storebudget",
            name="failures",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
    ]
