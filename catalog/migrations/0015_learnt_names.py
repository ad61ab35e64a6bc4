"""What the network has shown of names: shops' own, brands in titles, brands of codes."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0014_rows_of_brands'),
        ('network', '0002_shelf_guard_and_rate_cards'),
    ]

    operations = [
        migrations.CreateModel(
            name='LearntName',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=6)),
                ('shop', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='network.shop')),
                ('name', models.CharField(max_length=400)),
                ('brand', models.CharField(blank=True, max_length=120)),
                ('words', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), blank=True, default=list, size=None)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('kind', 'shop', 'name'), name='a_name_is_learnt_once', nulls_distinct=False)],
            },
        ),
    ]
