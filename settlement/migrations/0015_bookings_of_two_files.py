"""A booking is recognised in every file that tells of it."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('settlement', '0014_credit_limits'),
    ]

    operations = [
        migrations.AddField('bankfile', 'known', models.PositiveIntegerField(default=0)),
        migrations.AddField(
            'bankline', 'fingerprint', models.CharField(blank=True, default='', max_length=64), preserve_default=False
        ),
        migrations.AddConstraint(
            'bankline',
            models.UniqueConstraint(
                condition=models.Q(('fingerprint', ''), _negated=True),
                fields=('fingerprint',),
                name='a_booking_of_two_files_is_read_once',
            ),
        ),
    ]
