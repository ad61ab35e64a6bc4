"""Rates are kept once, by the network."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('network', '0005_daily_rates'),
        ('settlement', '0005_money_guards'),
    ]

    operations = [migrations.DeleteModel(name='FxRate')]
