"""Reference rates by day."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('network', '0004_sending_terms'),
    ]

    operations = [
        migrations.CreateModel(
            name='DailyRate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('currency', models.CharField(max_length=3)),
                ('on', models.DateField()),
                ('rate', models.DecimalField(decimal_places=6, max_digits=16)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('currency', 'on'), name='a_rate_is_set_once_a_day'), models.CheckConstraint(condition=models.Q(('rate__gt', 0)), name='a_rate_is_positive')],
            },
        ),
    ]
