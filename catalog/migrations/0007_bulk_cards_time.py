"""When a card of a bulk decision was decided, and the pile of skipped cards by what is at stake."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0006_what_was_shown")]
    operations = [
        migrations.AddField("bulkcard", "decided_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddIndex(
            "reviewcard",
            models.Index(condition=models.Q(("status", "skipped")), fields=["-money_minor", "id"], name="card_skipped"),
        ),
    ]
