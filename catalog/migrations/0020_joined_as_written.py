"""Walk from styles to their variants in the order that is written, whatever the planner believes of the tables' sizes."""

from django.db import migrations

AROUND = "alter function catalog_rows_around(bigint[], bigint[], text, text, text, text, int, int)"


class Migration(migrations.Migration):

    dependencies = [
        ("catalog", "0019_brandless_rows_with_those_around"),
    ]

    operations = [
        migrations.RunSQL(f"{AROUND} set join_collapse_limit = 1", f"{AROUND} reset join_collapse_limit"),
    ]
