"""Lines are found by their SKU."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0012_errors_are_listed"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="orderline",
            index=models.Index(fields=["sku"], name="order_line_sku"),
        ),
    ]
