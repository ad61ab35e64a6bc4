# Written by hand in the form of Django 5.2.19

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('network', '0004_refused_vat_ids'),
    ]

    operations = [
        migrations.CreateModel(
            name='GiveAwayLimit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('days', models.PositiveSmallIntegerField(verbose_name='working days late')),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('made_by', models.CharField(max_length=150)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('days__gte', 3), ('days__lte', 10)), name='a_late_parcel_is_given_away_after_three_to_ten_days')],
            },
        ),
        migrations.AddField(
            model_name='shop',
            name='give_away_days',
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='late parcels go to another partner after'),
        ),
        migrations.AddConstraint(
            model_name='shop',
            constraint=models.CheckConstraint(condition=models.Q(('give_away_days', None), models.Q(('give_away_days__gte', 3), ('give_away_days__lte', 10)), _connector='OR'), name='a_shop_gives_late_parcels_away_after_three_to_ten_days'),
        ),
    ]
