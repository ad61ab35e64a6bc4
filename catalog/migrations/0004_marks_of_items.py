"""Marks of items become rows of their own, so that claims and figures wait for nobody who is deciding."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

CARRY_OVER = """
insert into catalog_itemmark (item_id, at)
select id, distribute_due_at from catalog_item where distribute_due_at is not null order by distribute_due_at
"""
# its rows live for moments: what is dead is cleaned away by count, whatever the size of the table
CLEANED = """
alter table catalog_itemmark set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
  autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 10000)
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0003_reads_of_matching")]
    operations = [
        migrations.CreateModel(
            name="ItemMark",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "item",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="marks",
                        to="catalog.item",
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.RunSQL(CARRY_OVER, migrations.RunSQL.noop),
        migrations.RunSQL(CLEANED, migrations.RunSQL.noop),
        migrations.RemoveIndex(model_name="item", name="item_distribute_due"),
        migrations.RemoveField(model_name="item", name="distribute_due_at"),
    ]
