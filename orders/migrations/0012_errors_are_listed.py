"""What stores were not told of, and units they did not let us add, are listed without reading every row."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0011_parcels_are_found_by_their_number"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="orderline",
            index=models.Index(
                condition=models.Q(("push_error", ""), _negated=True), fields=["-id"], name="order_line_not_told"
            ),
        ),
        migrations.AddIndex(
            model_name="returnline",
            index=models.Index(
                condition=models.Q(("error", ""), _negated=True), fields=["-id"], name="return_line_not_added"
            ),
        ),
    ]
