"""Every statement names the newest seal of the ledger, so that its reader can hold the network to it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("settlement", "0004_post_in_bulk")]

    operations = [
        migrations.AddField(
            model_name="statement",
            name="seal",
            field=models.CharField(blank=True, db_default="", default="", max_length=64),
        ),
    ]
