"""A write that nobody saw the end of is due for a look, whatever is wanted now."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0003_reads_of_matching'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='placement',
            name='placement_push_due_per_shop',
        ),
        migrations.AddIndex(
            model_name='placement',
            index=models.Index(condition=models.Q(models.Q(('pushed__isnull', True), ('wanted__gt', 0)), ('pushed__lt', models.F('wanted')), ('pushed__gt', models.F('wanted')), ('doubted_at__isnull', False), models.Q(('push_key', ''), _negated=True), _connector='OR'), fields=['shop', 'next_attempt_at'], name='placement_push_due_per_shop'),
        ),
    ]
