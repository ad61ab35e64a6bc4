"""Cancellations that a shipper's store was asked for."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0003_returns_find_their_way")]

    operations = [
        migrations.AddField(
            model_name="internalorder",
            name="cancel_begun_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
