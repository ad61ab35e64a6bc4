"""Reports of merchants come first in the review queue."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0009_aligned_by_size'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='reviewcard',
            index=models.Index(condition=models.Q(('kind', 'report'), ('status', 'open')), fields=['id'], name='card_reports'),
        ),
    ]
