"""An index of what check_ledger reads of every entry, so that its walks leave the facts alone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("settlement", "0012_staff_note_for_suppliers")]

    operations = [
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(
                fields=["id"],
                include=["period", "kind", "line_count", "effective_on", "posted_at"],
                name="entry_without_its_facts",
            ),
        ),
    ]
