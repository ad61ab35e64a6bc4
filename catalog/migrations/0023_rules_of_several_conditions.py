"""Rules of several conditions and five effects, never changed but replaced; the book of what stood; ways and units kept back."""

import django.db.models.deletion
import django.db.models.manager
import django.utils.timezone
from django.db import migrations, models


_CARRY = """
update catalog_rule set
  brand = case when kind = 'brand' then lower(value) else '' end,
  category = case when kind = 'category' then lower(value) else '' end,
  tag = case when kind = 'tag' then lower(value) else '' end,
  country = case when kind = 'country' then upper(left(value, 2)) else '' end,
  product_id = (select p.id from catalog_product p where kind = 'product' and p.id::text = value),
  partner_id = (select s.id from network_shop s where kind = 'partner' and s.id::text = value),
  price_from = case when kind = 'price_above' then value::bigint + 1 end,
  price_to = case when kind = 'price_below' then greatest(value::bigint - 1, 0) end;
-- what named a product or a partner that is gone would now speak of everything
update catalog_rule set removed_at = now()
where removed_at is null and kind in ('product', 'partner') and product_id is null and partner_id is null;
-- two that differed in case only are one now
update catalog_rule r set removed_at = now() where removed_at is null and exists (
  select 1 from catalog_rule o where o.removed_at is null and o.id < r.id and o.shop_id = r.shop_id and o.side = r.side
    and o.kind = r.kind and lower(o.value) = lower(r.value));
"""


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0022_neighbourhoods_in_sets'),
        ('network', '0005_daily_rates'),
    ]

    operations = [
        migrations.CreateModel(
            name='Reach',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('km', models.FloatField(null=True)),
                ('days', models.PositiveIntegerField()),
                ('vat_refusal', models.TextField(blank=True)),
                ('origin_vat_bp', models.PositiveIntegerField()),
                ('shipper_vat_bp', models.PositiveIntegerField()),
                ('fx_num', models.BigIntegerField(null=True)),
                ('fx_den', models.BigIntegerField(null=True)),
            ],
            options={
                'verbose_name_plural': 'reaches',
            },
        ),
        migrations.CreateModel(
            name='RuleBook',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('rules', models.JSONField(default=list)),
                ('policy', models.JSONField(default=dict)),
                ('what', models.CharField(max_length=400)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('by', models.CharField(blank=True, max_length=120)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'everyone',
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everyone', django.db.models.manager.Manager()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='rule',
            name='rule_kind_is_known',
        ),
        migrations.RemoveConstraint(
            model_name='rule',
            name='the_same_rule_stands_once',
        ),
        migrations.AddField(
            model_name='rule',
            name='amount',
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='rule',
            name='brand',
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name='rule',
            name='category',
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name='rule',
            name='country',
            field=models.CharField(blank=True, max_length=2),
        ),
        migrations.AddField(
            model_name='rule',
            name='effect',
            field=models.CharField(choices=[('exclude', 'Keep off'), ('only', 'Let in only'), ('floor', 'Price floor'), ('cap', 'At most'), ('buffer', 'Keep back')], default='exclude', max_length=8),
        ),
        migrations.AddField(
            model_name='rule',
            name='partner',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='network.shop'),
        ),
        migrations.AddField(
            model_name='rule',
            name='position',
            field=models.IntegerField(default=0),
        ),
        migrations.AddField(
            model_name='rule',
            name='price_from',
            field=models.BigIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='rule',
            name='price_to',
            field=models.BigIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='rule',
            name='product',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.product'),
        ),
        migrations.AddField(
            model_name='rule',
            name='removed_by',
            field=models.CharField(blank=True, max_length=120),
        ),
        migrations.AddField(
            model_name='rule',
            name='replaces',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='catalog.rule'),
        ),
        migrations.AddField(
            model_name='rule',
            name='tag',
            field=models.CharField(blank=True, max_length=255),
        ),
        migrations.AddField(
            model_name='rule',
            name='version',
            field=models.PositiveIntegerField(default=1),
        ),
        migrations.AddField(
            model_name='stocklevel',
            name='kept_back',
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.RunSQL(_CARRY, migrations.RunSQL.noop),
        migrations.RemoveField(
            model_name='rule',
            name='kind',
        ),
        migrations.RemoveField(
            model_name='rule',
            name='value',
        ),
        migrations.AddField(
            model_name='shelfbasis',
            name='kept_back',
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddIndex(
            model_name='rule',
            index=models.Index(condition=models.Q(('removed_at', None)), fields=['shop', 'position', 'id'], name='rule_standing'),
        ),
        migrations.AddConstraint(
            model_name='rule',
            constraint=models.CheckConstraint(condition=models.Q(('effect__in', ['exclude', 'only', 'floor', 'cap', 'buffer'])), name='rule_effect_is_known'),
        ),
        migrations.AddConstraint(
            model_name='rule',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('amount', None), ('effect__in', ['exclude', 'only'])), models.Q(('amount__isnull', False), ('effect__in', ['floor', 'cap', 'buffer'])), _connector='OR'), name='floors_caps_and_buffers_say_how_much'),
        ),
        migrations.AddConstraint(
            model_name='rule',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('effect', 'floor'), _negated=True), ('amount__lte', 10000), _connector='OR'), name='a_rules_floor_is_at_most_the_whole_price'),
        ),
        migrations.AddConstraint(
            model_name='rule',
            constraint=models.CheckConstraint(condition=models.Q(('price_from', None), ('price_to', None), ('price_from__lte', models.F('price_to')), _connector='OR'), name='a_price_range_is_not_empty'),
        ),
        migrations.AddConstraint(
            model_name='rule',
            constraint=models.CheckConstraint(condition=models.Q(('starts_on', None), ('ends_on', None), ('starts_on__lte', models.F('ends_on')), _connector='OR'), name='a_season_is_not_empty'),
        ),
        migrations.AddConstraint(
            model_name='rule',
            constraint=models.UniqueConstraint(condition=models.Q(('removed_at', None)), fields=('shop', 'side', 'effect', 'brand', 'category', 'tag', 'product', 'partner', 'country', 'price_from', 'price_to', 'starts_on', 'ends_on'), name='the_same_rule_stands_once', nulls_distinct=False),
        ),
        migrations.AddField(
            model_name='reach',
            name='location',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='network.location'),
        ),
        migrations.AddField(
            model_name='reach',
            name='origin',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='network.shop'),
        ),
        migrations.AddField(
            model_name='reach',
            name='shipper',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='network.shop'),
        ),
        migrations.AddField(
            model_name='rulebook',
            name='shop',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='network.shop'),
        ),
        migrations.AddConstraint(
            model_name='reach',
            constraint=models.UniqueConstraint(fields=('origin', 'location'), name='a_way_is_measured_once'),
        ),
        migrations.AddConstraint(
            model_name='rulebook',
            constraint=models.UniqueConstraint(fields=('shop', 'number'), name='the_pages_of_a_rule_book_are_numbered'),
        ),
    ]
