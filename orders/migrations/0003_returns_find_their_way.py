"""Where returns go and why, exchanges, objections to grades, and how shops look on paper."""

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.manager
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0003_reads_of_matching'),
        ('network', '0002_shelf_guard_and_rate_cards'),
        ('orders', '0002_numbers'),
    ]

    operations = [
        migrations.CreateModel(
            name='Objection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('status', models.CharField(choices=[('open', 'Waits for a decision'), ('upheld', 'Upheld'), ('rejected', 'Rejected'), ('withdrawn', 'Withdrawn')], default='open', max_length=10)),
                ('asked', models.JSONField()),
                ('words', models.CharField(max_length=1000)),
                ('raised_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('raised_by', models.CharField(max_length=150)),
                ('answer', models.CharField(blank=True, max_length=1000)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
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
        migrations.CreateModel(
            name='ObjectionChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('from_status', models.CharField(blank=True, max_length=20)),
                ('to_status', models.CharField(max_length=20)),
                ('by', models.CharField(max_length=120)),
                ('reason', models.TextField(blank=True)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='ReturnRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField()),
                ('rule', models.CharField(default='shipper', max_length=12)),
                ('takes_over', models.BooleanField(default=False)),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('made_by', models.CharField(max_length=150)),
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
        migrations.CreateModel(
            name='ShopLook',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('is_plain', models.BooleanField(default=False)),
                ('colour', models.CharField(default='#1a1a1a', max_length=7)),
                ('logo', models.BinaryField(blank=True, null=True)),
                ('logo_kind', models.CharField(blank=True, max_length=3)),
                ('shows_address', models.BooleanField(default=False)),
                ('closing_words', models.CharField(blank=True, max_length=200)),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('changed_by', models.CharField(max_length=150)),
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
            model_name='return',
            name='a_return_goes_somewhere',
        ),
        migrations.RemoveConstraint(
            model_name='returnline',
            name='no_more_comes_back_than_was_announced',
        ),
        migrations.AddField(
            model_name='order',
            name='locale',
            field=models.CharField(blank=True, max_length=12),
        ),
        migrations.AddField(
            model_name='orderline',
            name='exchange_of',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='exchanges', to='orders.return'),
        ),
        migrations.AddField(
            model_name='return',
            name='considered',
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name='return',
            name='corrects',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='corrections', to='orders.return'),
        ),
        migrations.AddField(
            model_name='return',
            name='receiver',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.shop'),
        ),
        migrations.AddField(
            model_name='return',
            name='remote_id',
            field=models.CharField(blank=True, max_length=120),
        ),
        migrations.AddField(
            model_name='return',
            name='why_there',
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddField(
            model_name='returnline',
            name='moved',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='returnline',
            name='restock_level',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.stocklevel'),
        ),
        migrations.AlterField(
            model_name='return',
            name='destination',
            field=models.CharField(choices=[('shipper', 'To the partner who shipped it'), ('origin', 'To us; we keep the goods'), ('taker', 'To a partner who takes the goods over')], default='shipper', max_length=8),
        ),
        migrations.AddIndex(
            model_name='return',
            index=models.Index(condition=models.Q(('remote_id', ''), _negated=True), fields=['remote_id'], name='return_of_a_shop'),
        ),
        migrations.AddConstraint(
            model_name='return',
            constraint=models.CheckConstraint(condition=models.Q(('destination__in', ['shipper', 'origin', 'taker'])), name='a_return_goes_somewhere'),
        ),
        migrations.AddConstraint(
            model_name='return',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('destination', 'taker'), _negated=True), ('receiver__isnull', False), _connector='OR'), name='who_takes_goods_over_is_named'),
        ),
        migrations.AddConstraint(
            model_name='return',
            constraint=models.UniqueConstraint(condition=models.Q(('remote_id', ''), _negated=True), fields=('internal_order', 'remote_id'), name='a_shops_own_return_is_announced_once_to_each_partner'),
        ),
        migrations.AddConstraint(
            model_name='returnline',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gte', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('as_new'), '+', models.F('faulty')), '+', models.F('worn')), '+', models.F('missing')), '+', models.F('lost')), '+', models.F('moved')))), name='no_more_comes_back_than_was_announced'),
        ),
        migrations.AddField(
            model_name='objection',
            name='correction',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orders.return'),
        ),
        migrations.AddField(
            model_name='objection',
            name='returned',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='objections', to='orders.return'),
        ),
        migrations.AddField(
            model_name='objectionchange',
            name='row',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='orders.objection'),
        ),
        migrations.AddField(
            model_name='returnrule',
            name='merchant',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='network.merchant'),
        ),
        migrations.AddField(
            model_name='shoplook',
            name='shop',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='network.shop'),
        ),
        migrations.AddIndex(
            model_name='objection',
            index=models.Index(condition=models.Q(('status', 'open')), fields=['raised_at'], name='objection_open'),
        ),
        migrations.AddConstraint(
            model_name='objection',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ('open', 'upheld', 'rejected', 'withdrawn'))), name='objection_status_is_known'),
        ),
        migrations.AddConstraint(
            model_name='objection',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'open')), fields=('returned',), name='a_return_has_one_open_objection'),
        ),
        migrations.AddConstraint(
            model_name='objection',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('correction__isnull', False), ('status', 'upheld')), models.Q(models.Q(('status', 'upheld'), _negated=True), ('correction__isnull', True)), _connector='OR'), name='an_upheld_objection_names_its_correction'),
        ),
        migrations.AddConstraint(
            model_name='returnrule',
            constraint=models.UniqueConstraint(fields=('merchant', 'version'), name='one_version_of_a_merchants_return_rule_is_made_once'),
        ),
        migrations.AddConstraint(
            model_name='returnrule',
            constraint=models.CheckConstraint(condition=models.Q(('rule__in', ['shipper', 'origin', 'nearest', 'next_seller'])), name='return_rule_is_known'),
        ),
        migrations.AddConstraint(
            model_name='shoplook',
            constraint=models.CheckConstraint(condition=models.Q(('colour__regex', '^#[0-9a-f]{6}$')), name='a_look_has_one_colour'),
        ),
        migrations.AddConstraint(
            model_name='shoplook',
            constraint=models.CheckConstraint(condition=models.Q(('logo_kind__in', ['', 'png', 'jpg'])), name='a_logo_is_png_or_jpeg'),
        ),
    ]
