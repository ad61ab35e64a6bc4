from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0009_overdue_parcels"),
    ]

    operations = [
        migrations.AddField(
            model_name="orderline",
            name="handed_back_units",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        # what was handed back before went back whole
        migrations.RunSQL(
            "update orders_orderline set handed_back_units = quantity where status = 'handed_back'",
            migrations.RunSQL.noop,
        ),
    ]
