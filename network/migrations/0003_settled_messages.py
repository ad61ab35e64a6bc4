"""An index by which settled messages are dropped when they are old."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("network", "0002_shelf_guard_and_rate_cards")]
    operations = [
        migrations.AddIndex(
            model_name="inboundevent",
            index=models.Index(
                fields=["figures", "received_at"],
                condition=models.Q(("status__in", ["done", "ignored"])),
                name="inbound_settled",
            ),
        ),
    ]
