"""A merchant's report can be taken back by the merchant itself."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """One more status."""

    dependencies: ClassVar = [("catalog", "0015_a_change_in_few_statements")]

    operations: ClassVar = [
        migrations.RemoveConstraint(model_name="matchreport", name="match_report_status_is_known"),
        migrations.AlterField(
            model_name="matchreport", name="status", field=models.CharField(default="open", max_length=10)
        ),
        migrations.AddConstraint(
            model_name="matchreport",
            constraint=models.CheckConstraint(
                condition=models.Q(status__in=("open", "upheld", "refused", "moot", "withdrawn")),
                name="match_report_status_is_known",
            ),
        ),
    ]
