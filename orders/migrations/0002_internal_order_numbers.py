"""Numbers of internal orders come from a sequence: unique under any concurrency, never reused."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "create sequence if not exists orders_internal_order_number",
            "drop sequence if exists orders_internal_order_number",
        ),
    ]
