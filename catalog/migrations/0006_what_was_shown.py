"""What a reviewer's screen shows, and what was seen kept once with each decision instead of once with each verdict."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0005_matching_facts")]
    operations = [
        migrations.AddField("reviewcardchange", "seen", models.JSONField(blank=True, null=True)),
        migrations.CreateModel(
            name="CardSight",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("by", models.CharField(max_length=120)),
                ("digest", models.CharField(max_length=64)),
                ("basis", models.CharField(max_length=64)),
                ("words", models.JSONField(default=dict)),
                (
                    "card",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="sights", to="catalog.reviewcard"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("card", "by"), name="a_card_is_on_a_persons_screen_once")
                ],
            },
        ),
    ]
