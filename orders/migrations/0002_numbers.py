"""Numbers of internal orders and returns come from sequences: unique under any concurrency, never reused."""

from django.db import migrations

SEQUENCES = ("orders_internal_order_number", "orders_return_number")


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial")]
    operations = [migrations.RunSQL(f"create sequence {name}", f"drop sequence {name}") for name in SEQUENCES]
