"""A shop on its way out of the network."""

import django.db.models.deletion
import django.db.models.manager
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('network', '0005_daily_rates'),
    ]

    operations = [
        migrations.CreateModel(
            name='Leaving',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('asked_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('asked_by', models.CharField(max_length=120)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('ended_by', models.CharField(blank=True, max_length=120)),
                ('left', models.BooleanField(default=False)),
                ('shop', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='network.shop')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'everyone',
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('shop',), name='a_shop_leaves_once_at_a_time'), models.CheckConstraint(condition=models.Q(('left', False), ('ended_at__isnull', False), _connector='OR'), name='who_left_has_ended_leaving')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everyone', django.db.models.manager.Manager()),
            ],
        ),
    ]
