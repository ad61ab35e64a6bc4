"""Find the questions that show a product."""

from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models


class Migration(migrations.Migration):
    """An index over the products of open questions' candidates."""

    dependencies: ClassVar = [("catalog", "0016_whole_neighbourhoods")]

    operations: ClassVar = [
        migrations.AddIndex(
            model_name="reviewcard",
            index=GinIndex(
                fields=["candidates"],
                opclasses=["jsonb_path_ops"],
                condition=models.Q(status="open", kind="question"),
                name="card_candidates",
            ),
        ),
    ]
