"""When what a carrier said of a parcel must be told to the selling shop."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0003_returns'),
    ]

    operations = [
        migrations.AddField(
            model_name='parcel',
            name='events_due_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='parcel',
            name='events_tries',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddIndex(
            model_name='parcel',
            index=models.Index(condition=models.Q(('events_due_at__isnull', False)), fields=['events_due_at'], name='parcel_events_due'),
        ),
    ]
