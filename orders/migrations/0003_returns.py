"""Returns, and how many units of an internal line are in them."""


import django.db.models.deletion
import django.db.models.expressions
import django.db.models.manager
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0013_matching_reads'),
        ('orders', '0002_internal_order_numbers'),
    ]

    operations = [
        migrations.RunSQL(
            "create sequence if not exists orders_return_number", "drop sequence if exists orders_return_number"
        ),
        migrations.CreateModel(
            name='Return',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=20, unique=True)),
                ('destination', models.CharField(choices=[('shipper', 'To the partner who shipped it'), ('origin', 'To us; we keep the goods')], default='shipper', max_length=8)),
                ('is_lost', models.BooleanField(default=False)),
                ('reason', models.CharField(choices=[('too_small', 'Too small'), ('too_large', 'Too large'), ('not_liked', 'Not as expected'), ('faulty', 'Faulty'), ('wrong_item', 'Wrong item'), ('late', 'Arrived too late'), ('undeliverable', 'Could not be delivered'), ('lost', 'Lost on the way'), ('other', 'Another reason')], max_length=16)),
                ('words', models.CharField(blank=True, max_length=300)),
                ('verdict', models.CharField(blank=True, max_length=300)),
                ('tracking_number', models.CharField(blank=True, max_length=120)),
                ('status', models.CharField(choices=[('announced', 'Announced'), ('received', 'Arrived'), ('closed', 'Closed'), ('cancelled', 'Cancelled')], default='announced', max_length=10)),
                ('status_reason', models.TextField(blank=True)),
                ('announced_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('received_at', models.DateTimeField(blank=True, null=True)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('posted_at', models.DateTimeField(blank=True, null=True)),
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
            name='ReturnChange',
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
            name='ReturnLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.PositiveIntegerField()),
                ('as_new', models.PositiveIntegerField(default=0)),
                ('faulty', models.PositiveIntegerField(default=0)),
                ('worn', models.PositiveIntegerField(default=0)),
                ('missing', models.PositiveIntegerField(default=0)),
                ('lost', models.PositiveIntegerField(default=0)),
                ('restock_due_at', models.DateTimeField(blank=True, null=True)),
                ('restocked_at', models.DateTimeField(blank=True, null=True)),
                ('tries', models.PositiveIntegerField(default=0)),
                ('error', models.TextField(blank=True)),
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
        migrations.AddField(
            model_name='internalorderline',
            name='returned_quantity',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddConstraint(
            model_name='internalorderline',
            constraint=models.CheckConstraint(condition=models.Q(('returned_quantity__lte', models.F('quantity'))), name='no_more_comes_back_than_was_ordered'),
        ),
        migrations.AddField(
            model_name='return',
            name='internal_order',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='returns', to='orders.internalorder'),
        ),
        migrations.AddField(
            model_name='returnchange',
            name='row',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='orders.return'),
        ),
        migrations.AddField(
            model_name='returnline',
            name='line',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='return_lines', to='orders.internalorderline'),
        ),
        migrations.AddField(
            model_name='returnline',
            name='row',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='orders.return'),
        ),
        migrations.AddIndex(
            model_name='return',
            index=models.Index(condition=models.Q(('destination', 'shipper'), ('posted_at', None), ('status', 'closed')), fields=['closed_at'], name='return_unposted'),
        ),
        migrations.AddIndex(
            model_name='return',
            index=models.Index(condition=models.Q(('status__in', ['announced', 'received'])), fields=['announced_at'], name='return_open'),
        ),
        migrations.AddConstraint(
            model_name='return',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ('announced', 'received', 'closed', 'cancelled'))), name='return_status_is_known'),
        ),
        migrations.AddConstraint(
            model_name='return',
            constraint=models.CheckConstraint(condition=models.Q(('destination__in', ['shipper', 'origin'])), name='a_return_goes_somewhere'),
        ),
        migrations.AddConstraint(
            model_name='return',
            constraint=models.CheckConstraint(condition=models.Q(('is_lost', False), ('destination', 'shipper'), _connector='OR'), name='what_is_lost_goes_back_to_nobody_else'),
        ),
        migrations.AddConstraint(
            model_name='return',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'closed'), _negated=True), ('closed_at__isnull', False), _connector='OR'), name='a_closed_return_says_when'),
        ),
        migrations.AddConstraint(
            model_name='return',
            constraint=models.UniqueConstraint(condition=models.Q(('is_lost', True), ('status__in', ['announced', 'received'])), fields=('internal_order',), name='an_internal_order_is_reported_lost_once_at_a_time'),
        ),
        migrations.AddIndex(
            model_name='returnline',
            index=models.Index(condition=models.Q(('restock_due_at__isnull', False)), fields=['restock_due_at'], name='return_restock_due'),
        ),
        migrations.AddConstraint(
            model_name='returnline',
            constraint=models.UniqueConstraint(fields=('row', 'line'), name='a_line_stands_once_in_a_return'),
        ),
        migrations.AddConstraint(
            model_name='returnline',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='a_return_line_holds_at_least_one_unit'),
        ),
        migrations.AddConstraint(
            model_name='returnline',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gte', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('as_new'), '+', models.F('faulty')), '+', models.F('worn')), '+', models.F('missing')), '+', models.F('lost')))), name='no_more_comes_back_than_was_announced'),
        ),
    ]
