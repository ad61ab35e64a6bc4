"""Parcels are found by the number on their label."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0010_stray_parcels"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="parcel",
            index=models.Index(fields=["tracking_number"], name="parcel_tracking_number"),
        ),
    ]
