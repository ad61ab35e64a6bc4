"""A stopped class remembers who had its unproven links taken back."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0010_reports_come_first'),
    ]

    operations = [
        migrations.AddField(
            model_name='evidenceclass',
            name='withdrawing_by',
            field=models.CharField(blank=True, max_length=120),
        ),
    ]
