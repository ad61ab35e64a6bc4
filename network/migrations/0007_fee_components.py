"""Fixed part, bounds and promotions on rate cards."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('network', '0007_failures_in_a_row'),
    ]

    operations = [
        migrations.AddField(
            model_name='ratecard',
            name='currency',
            field=models.CharField(db_default='EUR', default='EUR', max_length=3),
        ),
        migrations.AddField(
            model_name='ratecard',
            name='ends_on',
            field=models.DateField(blank=True, null=True, verbose_name='last day, of a promotion'),
        ),
        migrations.AddField(
            model_name='ratecard',
            name='network_fixed_minor',
            field=models.PositiveIntegerField(db_default=0, default=0, verbose_name="network's fixed fee per internal order"),
        ),
        migrations.AddField(
            model_name='ratecard',
            name='network_max_minor',
            field=models.PositiveIntegerField(blank=True, null=True, verbose_name="network's largest fee per internal order"),
        ),
        migrations.AddField(
            model_name='ratecard',
            name='network_min_minor',
            field=models.PositiveIntegerField(db_default=0, default=0, verbose_name="network's smallest fee per internal order"),
        ),
        migrations.AddConstraint(
            model_name='ratecard',
            constraint=models.CheckConstraint(condition=models.Q(('network_max_minor', None), ('network_max_minor__gte', models.F('network_min_minor')), _connector='OR'), name='the_largest_fee_is_not_below_the_smallest'),
        ),
        migrations.AddConstraint(
            model_name='ratecard',
            constraint=models.CheckConstraint(condition=models.Q(('ends_on', None), ('ends_on__gte', models.F('starts_on')), _connector='OR'), name='a_promotion_ends_after_it_starts'),
        ),
    ]
