"""How fast sizes sell and how late figures come, for the units that stay off partners' shelves."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0023_rules_of_several_conditions'),
        ('network', '0005_daily_rates'),
    ]

    operations = [
        migrations.CreateModel(
            name='FigureDelay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seconds', models.FloatField()),
                ('messages', models.PositiveIntegerField()),
                ('shop', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='network.shop')),
            ],
        ),
        migrations.CreateModel(
            name='StockPace',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('per_day', models.FloatField(default=0)),
                ('figure', models.IntegerField()),
                ('looked_on', models.DateField()),
                ('level', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.stocklevel')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('per_day__gte', 0)), name='a_pace_is_not_negative')],
            },
        ),
    ]
