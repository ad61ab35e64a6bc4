"""Accounts, entries and what is made of them: cycles, statements, documents, payments, disputes."""

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.manager
import django.utils.timezone
import skuu.kit.crypto
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('network', '0001_initial'),
        ('orders', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Account',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('merchant', 'Merchant, payable'), ('merchant_pending', 'Merchant, pending'), ('merchant_hold', 'Merchant, held'), ('fee_income', 'Network fees'), ('vat_out', 'VAT on network fees'), ('fx', 'Currency exchange'), ('bank', 'Bank'), ('bad_debt', 'Bad debt'), ('suspense', 'Suspense'), ('rounding', 'Rounding')], max_length=20)),
                ('currency', models.CharField(max_length=3)),
                ('track_balance', models.BooleanField(default=True)),
                ('max_owed', models.BigIntegerField(blank=True, null=True, verbose_name='credit limit, minor units')),
                ('merchant', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.merchant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'everyone',
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('kind__in', ['merchant', 'merchant_pending', 'merchant_hold']), ('merchant__isnull', False)), models.Q(('kind__in', ['fee_income', 'vat_out', 'fx', 'bank', 'bad_debt', 'suspense', 'rounding']), ('merchant', None)), _connector='OR'), name='an_account_is_a_merchants_or_the_networks'), models.CheckConstraint(condition=models.Q(('currency__regex', '^[A-Z]{3}$')), name='account_currency_has_three_letters'), models.CheckConstraint(condition=models.Q(('max_owed', None), ('max_owed__gte', 0), _connector='OR'), name='credit_limit_is_not_negative'), models.CheckConstraint(condition=models.Q(('max_owed', None), ('track_balance', True), _connector='OR'), name='a_credit_limit_needs_a_tracked_balance'), models.UniqueConstraint(fields=('merchant', 'kind', 'currency'), name='one_account_per_kind_and_currency', nulls_distinct=False), models.UniqueConstraint(fields=('id', 'currency'), name='an_account_keeps_its_currency')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everyone', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='BankAccount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('holder', models.CharField(max_length=70)),
                ('iban', skuu.kit.crypto.EncryptedText()),
                ('tail', models.CharField(max_length=4)),
                ('bic', models.CharField(blank=True, max_length=11)),
                ('added_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('added_by', models.CharField(max_length=120)),
                ('usable_from', models.DateTimeField()),
                ('replaced_at', models.DateTimeField(blank=True, null=True)),
                ('merchant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.merchant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'everyone',
                'indexes': [models.Index(fields=['merchant', 'usable_from'], name='bank_account_of_merchant')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everyone', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='BankFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=8)),
                ('digest', models.CharField(max_length=64)),
                ('lines', models.PositiveIntegerField()),
                ('read_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('read_by', models.CharField(max_length=120)),
                ('merchant', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.merchant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'everyone',
                'constraints': [models.UniqueConstraint(fields=('merchant', 'digest'), name='a_bank_statement_is_read_once', nulls_distinct=False)],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everyone', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='Cycle',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('through', models.DateField()),
                ('closed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('by', models.CharField(blank=True, max_length=120)),
                ('stated_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('stated_at', None)), fields=['id'], name='cycle_unstated')],
            },
        ),
        migrations.CreateModel(
            name='Dispute',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=20, unique=True)),
                ('reason', models.CharField(choices=[('not_delivered', 'Was never delivered'), ('faulty', 'Goods were faulty or wrong'), ('return_condition', 'State of a return'), ('amount', 'Amount is wrong'), ('chargeback', 'The customer took the payment back'), ('other', 'Another reason')], max_length=20)),
                ('amount', models.BigIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('status', models.CharField(choices=[('open', 'Open'), ('resolved', 'Resolved'), ('withdrawn', 'Withdrawn')], default='open', max_length=10)),
                ('status_reason', models.TextField(blank=True)),
                ('opened_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('to_origin', models.BigIntegerField(blank=True, null=True)),
                ('internal_order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orders.internalorder')),
                ('opened_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.merchant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'everyone',
                'constraints': [models.CheckConstraint(condition=models.Q(('status__in', ('open', 'resolved', 'withdrawn'))), name='dispute_status_is_known'), models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='a_dispute_is_about_an_amount'), models.CheckConstraint(condition=models.Q(('to_origin', None), models.Q(('to_origin__gte', 0), ('to_origin__lte', models.F('amount'))), _connector='OR'), name='a_dispute_gives_back_no_more_than_it_held'), models.UniqueConstraint(condition=models.Q(('status', 'open')), fields=('internal_order',), name='an_internal_order_has_one_open_dispute')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everyone', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='DisputeChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('from_status', models.CharField(blank=True, max_length=20)),
                ('to_status', models.CharField(max_length=20)),
                ('by', models.CharField(max_length=120)),
                ('reason', models.TextField(blank=True)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('row', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='settlement.dispute')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='DisputeMessage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('by', models.CharField(max_length=120)),
                ('text', skuu.kit.crypto.EncryptedText()),
                ('file_name', models.CharField(blank=True, max_length=120)),
                ('file_type', models.CharField(blank=True, max_length=40)),
                ('file', models.BinaryField(blank=True, null=True)),
                ('file_digest', models.CharField(blank=True, max_length=64)),
                ('said_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('author', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.merchant')),
                ('dispute', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='messages', to='settlement.dispute')),
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
            name='Document',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=40)),
                ('kind', models.CharField(choices=[('389', 'Self-billed invoice'), ('261', 'Self-billed credit note'), ('380', 'Invoice for network fees'), ('381', 'Credit note for network fees')], max_length=3)),
                ('month', models.DateField()),
                ('issued_on', models.DateField()),
                ('currency', models.CharField(max_length=3)),
                ('net', models.BigIntegerField()),
                ('vat', models.BigIntegerField()),
                ('gross', models.BigIntegerField()),
                ('trueup', models.BigIntegerField(default=0)),
                ('corrects', models.JSONField(default=list)),
                ('facts', models.JSONField(default=dict)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('buyer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.merchant')),
                ('seller', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.merchant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'everyone',
                'indexes': [models.Index(fields=['buyer', 'month'], name='document_of_buyer'), models.Index(fields=['seller', 'month'], name='document_of_seller')],
                'constraints': [models.UniqueConstraint(fields=('seller', 'number'), name='a_number_names_one_document_of_a_supplier', nulls_distinct=False), models.CheckConstraint(condition=models.Q(('gross', django.db.models.expressions.CombinedExpression(models.F('net'), '+', models.F('vat')))), name='net_and_vat_make_gross'), models.CheckConstraint(condition=models.Q(('net__gte', 0), ('vat__gte', 0)), name='a_document_is_never_negative'), models.CheckConstraint(condition=models.Q(('kind__in', ['389', '261', '380', '381'])), name='document_kind_is_known'), models.CheckConstraint(condition=models.Q(models.Q(('kind__in', ['389', '261']), ('seller__isnull', False)), models.Q(('kind__in', ['380', '381']), ('seller__isnull', True)), _connector='OR'), name='fees_are_invoiced_by_the_network')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everyone', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='Evidence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('standing', 'Registrations and one-stop shop of both'), ('parcel', 'Parcel and its label'), ('delivery', 'Delivery')], max_length=10)),
                ('issuer', models.CharField(max_length=60)),
                ('is_independent', models.BooleanField(default=False)),
                ('at', models.DateTimeField()),
                ('facts', models.JSONField(default=dict)),
                ('digest', models.CharField(max_length=64)),
                ('noted_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('internal_order', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orders.internalorder')),
            ],
            options={
                'verbose_name_plural': 'evidence',
                'abstract': False,
                'base_manager_name': 'everyone',
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['standing', 'parcel', 'delivery'])), name='evidence_kind_is_known'), models.UniqueConstraint(fields=('internal_order', 'kind', 'digest'), name='a_piece_of_evidence_is_noted_once'), models.UniqueConstraint(condition=models.Q(('kind', 'standing')), fields=('internal_order',), name='the_standing_of_a_sale_is_noted_once')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everyone', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='Mandate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(max_length=35, unique=True)),
                ('words', models.TextField()),
                ('status', models.CharField(choices=[('entered', 'To be signed'), ('signed', 'Signed'), ('revoked', 'Revoked')], default='entered', max_length=10)),
                ('status_reason', models.TextField(blank=True)),
                ('entered_by', models.CharField(max_length=120)),
                ('entered_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('signed_by', models.CharField(blank=True, max_length=120)),
                ('signed_on', models.DateField(blank=True, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='mandates', to='settlement.bankaccount')),
                ('merchant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.merchant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'everyone',
                'constraints': [models.CheckConstraint(condition=models.Q(('status__in', ('entered', 'signed', 'revoked'))), name='mandate_status_is_known'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'signed'), _negated=True), models.Q(models.Q(('signed_by', ''), _negated=True), ('signed_on__isnull', False)), _connector='OR'), name='a_signed_mandate_names_who_and_when'), models.UniqueConstraint(condition=models.Q(('status__in', ['entered', 'signed'])), fields=('account',), name='an_account_has_one_mandate')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everyone', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='MandateChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('from_status', models.CharField(blank=True, max_length=20)),
                ('to_status', models.CharField(max_length=20)),
                ('by', models.CharField(max_length=120)),
                ('reason', models.TextField(blank=True)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('row', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='settlement.mandate')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='NumberSeries',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('prefix', models.CharField(max_length=20)),
                ('last', models.PositiveIntegerField(default=0)),
                ('supplier', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.merchant')),
            ],
            options={
                'verbose_name_plural': 'number series',
                'constraints': [models.UniqueConstraint(fields=('supplier', 'prefix'), name='a_supplier_has_one_series_of_a_kind', nulls_distinct=False)],
            },
        ),
        migrations.CreateModel(
            name='PaymentFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('message_id', models.CharField(max_length=35, unique=True)),
                ('kind', models.CharField(max_length=16)),
                ('execution_on', models.DateField()),
                ('currency', models.CharField(max_length=3)),
                ('count', models.PositiveIntegerField()),
                ('total', models.BigIntegerField()),
                ('content', models.BinaryField()),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('made_by', models.CharField(max_length=120)),
                ('first_taken_at', models.DateTimeField(blank=True, null=True)),
                ('merchant', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.merchant')),
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
            name='Payment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=20, unique=True)),
                ('kind', models.CharField(choices=[('trade', 'Between two merchants'), ('fee', 'Network fee'), ('collect', 'Collected by the payment provider'), ('payout', 'Paid out by the payment provider')], max_length=8)),
                ('amount', models.BigIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('parts', models.JSONField(default=list)),
                ('due_on', models.DateField()),
                ('by_debit', models.BooleanField(default=False)),
                ('announced_on', models.DateField(blank=True, null=True)),
                ('status', models.CharField(choices=[('prepared', 'Prepared'), ('approved', 'Approved'), ('instructed', 'On its way'), ('settled', 'Paid'), ('failed', 'Not executed'), ('bounced', 'Came back'), ('cancelled', 'Cancelled')], default='prepared', max_length=10)),
                ('status_reason', models.TextField(blank=True)),
                ('prepared_by', models.CharField(max_length=120)),
                ('prepared_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('approved_by', models.CharField(blank=True, max_length=120)),
                ('settled_on', models.DateField(blank=True, null=True)),
                ('account', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='settlement.bankaccount')),
                ('cycle', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='payments', to='settlement.cycle')),
                ('payee', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.merchant')),
                ('payer', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.merchant')),
                ('file', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='payments', to='settlement.paymentfile')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'everyone',
                'indexes': [models.Index(condition=models.Q(('status', 'approved')), fields=['due_on'], name='payment_to_instruct')],
                'constraints': [models.CheckConstraint(condition=models.Q(('status__in', ('prepared', 'approved', 'instructed', 'settled', 'failed', 'bounced', 'cancelled'))), name='payment_status_is_known'), models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='a_payment_moves_money_one_way'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'trade'), ('payee__isnull', False), ('payer__isnull', False)), models.Q(('kind__in', ['fee', 'collect']), ('payee', None), ('payer__isnull', False)), models.Q(('kind', 'payout'), ('payee__isnull', False), ('payer', None)), _connector='OR'), name='a_payment_has_the_parties_of_its_kind'), models.CheckConstraint(condition=models.Q(('approved_by', ''), models.Q(('approved_by', models.F('prepared_by')), _negated=True), _connector='OR'), name='who_prepares_a_payment_does_not_approve_it'), models.CheckConstraint(condition=models.Q(models.Q(('status__in', ['approved', 'instructed', 'settled', 'bounced']), _negated=True), models.Q(('approved_by', ''), _negated=True), _connector='OR'), name='a_payment_leaves_approved'), models.UniqueConstraint(condition=models.Q(('status__in', ['prepared', 'approved', 'instructed'])), fields=('kind', 'payer', 'payee', 'currency'), name='one_payment_is_under_way_between_two', nulls_distinct=False)],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everyone', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='BankLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('bank_ref', models.CharField(max_length=100)),
                ('booked_on', models.DateField()),
                ('amount', models.BigIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('end_to_end', models.CharField(blank=True, max_length=35)),
                ('text', skuu.kit.crypto.EncryptedText(blank=True)),
                ('return_code', models.CharField(blank=True, max_length=8)),
                ('status', models.CharField(choices=[('matched', 'Matched'), ('suspense', 'In suspense'), ('foreign', 'Not the network’s')], max_length=10)),
                ('status_reason', models.TextField(blank=True)),
                ('file', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rows', to='settlement.bankfile')),
                ('payment', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='bank_lines', to='settlement.payment')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'everyone',
                'constraints': [models.CheckConstraint(condition=models.Q(('status__in', ('matched', 'suspense', 'foreign'))), name='bank_line_status_is_known'), models.UniqueConstraint(fields=('file', 'bank_ref'), name='a_booking_is_read_once'), models.CheckConstraint(condition=models.Q(('amount', 0), _negated=True), name='a_booking_moves_money')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everyone', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='BankLineChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('from_status', models.CharField(blank=True, max_length=20)),
                ('to_status', models.CharField(max_length=20)),
                ('by', models.CharField(max_length=120)),
                ('reason', models.TextField(blank=True)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('row', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='settlement.bankline')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='PaymentChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('from_status', models.CharField(blank=True, max_length=20)),
                ('to_status', models.CharField(max_length=20)),
                ('by', models.CharField(max_length=120)),
                ('reason', models.TextField(blank=True)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('row', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='settlement.payment')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='PayTerms',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('release_days', models.PositiveSmallIntegerField(verbose_name='days after delivery until a sale is payable')),
                ('by', models.CharField(blank=True, max_length=120)),
                ('set_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('origin', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.merchant')),
                ('shipper', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.merchant')),
            ],
            options={
                'verbose_name_plural': 'pay terms',
                'constraints': [models.UniqueConstraint(fields=('origin', 'shipper'), name='one_set_of_pay_terms_per_pair', nulls_distinct=False), models.CheckConstraint(condition=models.Q(('release_days__lte', 120)), name='a_sale_is_payable_within_120_days')],
            },
        ),
        migrations.CreateModel(
            name='Period',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('part', models.PositiveIntegerField(default=1)),
                ('opened_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('cycle', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='periods', to='settlement.cycle')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('day', 'part'), name='a_part_of_a_day_is_one_period'), models.UniqueConstraint(condition=models.Q(('closed_at', None)), fields=('day',), name='a_day_has_one_open_period'), models.CheckConstraint(condition=models.Q(models.Q(('closed_at', None), ('cycle', None)), models.Q(('closed_at__isnull', False), ('cycle__isnull', False)), _connector='OR'), name='a_period_is_closed_by_a_cycle')],
            },
        ),
        migrations.CreateModel(
            name='Entry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=200, unique=True)),
                ('payload_hash', models.BinaryField()),
                ('kind', models.CharField(choices=[('ship', 'Shipped'), ('return', 'Returned'), ('release', 'Released'), ('reversal', 'Reversal'), ('adjustment', 'Adjustment'), ('penalty', 'Penalty or compensation'), ('hold', 'Held in a dispute'), ('resolve', 'Dispute ended'), ('fx', 'Converted'), ('trueup', 'VAT of the invoice'), ('payment', 'Paid'), ('bounce', 'Payment came back'), ('suspense', 'Unknown booking'), ('write_off', 'Written off')], max_length=20)),
                ('ref', models.CharField(max_length=120)),
                ('effective_on', models.DateField()),
                ('posted_at', models.DateTimeField()),
                ('line_count', models.PositiveSmallIntegerField()),
                ('facts', models.JSONField(default=dict)),
                ('internal_order', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orders.internalorder')),
                ('reverses', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reversed_by', to='settlement.entry')),
                ('period', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='settlement.period')),
            ],
            options={
                'verbose_name_plural': 'entries',
                'indexes': [models.Index(fields=['ref'], name='entry_by_ref'), models.Index(condition=models.Q(('internal_order__isnull', False)), fields=['internal_order'], name='entry_by_internal_order')],
                'constraints': [models.CheckConstraint(condition=models.Q(('line_count__gte', 2), ('line_count__lte', 5000)), name='an_entry_has_two_to_5000_lines'), models.CheckConstraint(condition=models.Q(('kind__in', ['ship', 'return', 'release', 'reversal', 'adjustment', 'penalty', 'hold', 'resolve', 'fx', 'trueup', 'payment', 'bounce', 'suspense', 'write_off'])), name='entry_kind_is_known'), models.CheckConstraint(condition=models.Q(('reverses', models.F('id')), _negated=True), name='an_entry_does_not_reverse_itself'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'ship'), _negated=True), ('internal_order__isnull', False), _connector='OR'), name='a_shipment_entry_names_its_internal_order'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'reversal'), _negated=True), ('reverses__isnull', False), _connector='OR'), name='a_reversal_names_what_it_reverses'), models.UniqueConstraint(condition=models.Q(('kind', 'ship')), fields=('internal_order',), name='an_internal_order_is_posted_once')],
            },
        ),
        migrations.CreateModel(
            name='Released',
            fields=[
                ('entry', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='released', serialize=False, to='settlement.entry')),
                ('by_entry', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='settlement.entry')),
            ],
            options={
                'verbose_name_plural': 'released',
            },
        ),
        migrations.CreateModel(
            name='DocumentEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('about', models.CharField(max_length=6)),
                ('document', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='settlement.document')),
                ('entry', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='settlement.entry')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('entry', 'about'), name='an_entry_is_invoiced_once'), models.UniqueConstraint(fields=('document', 'entry'), name='a_document_names_an_entry_once')],
            },
        ),
        migrations.CreateModel(
            name='Line',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('n', models.PositiveSmallIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('amount', models.BigIntegerField()),
                ('tag', models.CharField(max_length=20)),
                ('item', models.PositiveSmallIntegerField(null=True)),
                ('account', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='settlement.account')),
                ('counterparty', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.merchant')),
                ('entry', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='settlement.entry')),
            ],
            options={
                'indexes': [models.Index(fields=['account', 'entry'], name='line_by_account')],
                'constraints': [models.UniqueConstraint(fields=('entry', 'n'), name='lines_of_an_entry_are_numbered'), models.CheckConstraint(condition=models.Q(('n__gte', 1)), name='line_numbers_start_at_one'), models.CheckConstraint(condition=models.Q(models.Q(('amount', 0), _negated=True), ('amount__gt', -1000000000000), ('amount__lt', 1000000000000)), name='a_line_moves_a_believable_amount')],
            },
        ),
        migrations.CreateModel(
            name='Proposal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=20, unique=True)),
                ('kind', models.CharField(choices=[('penalty', 'Penalty'), ('compensation', 'Compensation'), ('write_off', 'Debt written off'), ('dispute', 'Decision of a dispute'), ('booking', 'Booking out of suspense')], max_length=12)),
                ('amount', models.BigIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('reason', models.TextField(blank=True)),
                ('status', models.CharField(choices=[('proposed', 'Waits for a second person'), ('agreed', 'Done'), ('refused', 'Refused'), ('withdrawn', 'Taken back')], default='proposed', max_length=10)),
                ('status_reason', models.TextField(blank=True)),
                ('proposed_by', models.CharField(max_length=120)),
                ('proposed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('decided_by', models.CharField(blank=True, max_length=120)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('bank_line', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='proposals', to='settlement.bankline')),
                ('dispute', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='proposals', to='settlement.dispute')),
                ('internal_order', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orders.internalorder')),
                ('payee', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.merchant')),
                ('payer', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.merchant')),
                ('payment', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='settlement.payment')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('status__in', ('proposed', 'agreed', 'refused', 'withdrawn'))), name='proposal_status_is_known'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'agreed'), _negated=True), models.Q(models.Q(('decided_by', ''), _negated=True), models.Q(('decided_by', models.F('proposed_by')), _negated=True)), _connector='OR'), name='who_proposes_a_move_of_money_does_not_agree_to_it'), models.CheckConstraint(condition=models.Q(models.Q(('kind__in', ['penalty', 'compensation']), ('payee__isnull', False), ('payer__isnull', False)), models.Q(('kind', 'write_off'), ('payee', None), ('payer__isnull', False)), models.Q(('dispute__isnull', False), ('kind', 'dispute')), models.Q(('bank_line__isnull', False), ('kind', 'booking')), _connector='OR'), name='a_proposal_says_whom_its_kind_concerns'), models.CheckConstraint(condition=models.Q(('amount__gt', 0), models.Q(('amount', 0), ('kind', 'dispute')), ('kind', 'booking'), _connector='OR'), name='a_proposal_is_about_an_amount'), models.UniqueConstraint(condition=models.Q(('status', 'proposed')), fields=('dispute',), name='a_dispute_has_one_proposed_decision'), models.UniqueConstraint(condition=models.Q(('status', 'proposed')), fields=('bank_line',), name='a_booking_has_one_proposed_name')],
            },
        ),
        migrations.CreateModel(
            name='ProposalChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('from_status', models.CharField(blank=True, max_length=20)),
                ('to_status', models.CharField(max_length=20)),
                ('by', models.CharField(max_length=120)),
                ('reason', models.TextField(blank=True)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('row', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='settlement.proposal')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Seal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('last_entry', models.BigIntegerField(unique=True)),
                ('horizon', models.BigIntegerField()),
                ('noted_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('entries', models.PositiveIntegerField(default=0)),
                ('digest', models.CharField(blank=True, max_length=64)),
                ('sealed_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('digest', ''), ('sealed_at', None)), models.Q(models.Q(('digest', ''), _negated=True), ('sealed_at__isnull', False)), _connector='OR'), name='a_sealed_block_has_its_digest'), models.UniqueConstraint(condition=models.Q(('digest', '')), fields=('digest',), name='one_block_waits_to_be_sealed')],
            },
        ),
        migrations.CreateModel(
            name='Statement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('merchant_name', models.CharField(max_length=200)),
                ('currency', models.CharField(max_length=3)),
                ('number', models.CharField(max_length=60, unique=True)),
                ('opening', models.BigIntegerField()),
                ('activity', models.BigIntegerField()),
                ('closing', models.BigIntegerField()),
                ('line_count', models.PositiveIntegerField()),
                ('layout', models.PositiveSmallIntegerField(db_default=1, default=1)),
                ('digest', models.CharField(blank=True, max_length=64)),
                ('seal', models.CharField(blank=True, db_default='', default='', max_length=64)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('cycle', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='statements', to='settlement.cycle')),
                ('merchant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.merchant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'everyone',
                'constraints': [models.UniqueConstraint(fields=('merchant', 'currency', 'cycle'), name='one_statement_per_merchant_currency_and_cycle'), models.CheckConstraint(condition=models.Q(('closing', django.db.models.expressions.CombinedExpression(models.F('opening'), '+', models.F('activity')))), name='opening_and_activity_make_the_closing')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everyone', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='StatementLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('n', models.PositiveIntegerField()),
                ('item', models.PositiveSmallIntegerField(null=True)),
                ('amount', models.BigIntegerField()),
                ('entry', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='settlement.entry')),
                ('statement', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='settlement.statement')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'everyone',
                'constraints': [models.UniqueConstraint(fields=('statement', 'n'), name='lines_of_a_statement_are_numbered'), models.UniqueConstraint(fields=('entry', 'item', 'statement'), name='an_item_stands_once_on_a_statement', nulls_distinct=False)],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everyone', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='StoredFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('cii', 'CII XML'), ('ubl', 'UBL XML'), ('pdf', 'PDF'), ('xlsx', 'XLSX')], max_length=4)),
                ('content', models.BinaryField()),
                ('digest', models.CharField(max_length=64)),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('document', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='files', to='settlement.document')),
                ('statement', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='files', to='settlement.statement')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'everyone',
                'constraints': [models.UniqueConstraint(condition=models.Q(('document__isnull', False)), fields=('document', 'kind'), name='a_document_has_one_file_a_kind'), models.UniqueConstraint(condition=models.Q(('statement__isnull', False)), fields=('statement', 'kind'), name='a_statement_has_one_file_a_kind'), models.CheckConstraint(condition=models.Q(models.Q(('document__isnull', False), ('statement', None)), models.Q(('document', None), ('statement__isnull', False)), _connector='OR'), name='a_file_belongs_to_a_document_or_a_statement')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everyone', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='Balance',
            fields=[
                ('account', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='balance', serialize=False, to='settlement.account')),
                ('amount', models.BigIntegerField(db_default=0, default=0)),
                ('version', models.BigIntegerField(db_default=0, default=0)),
                ('last_entry', models.BigIntegerField(null=True)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'everyone',
                'constraints': [models.CheckConstraint(condition=models.Q(('version__gte', 0)), name='balance_version_counts_up')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everyone', django.db.models.manager.Manager()),
            ],
        ),
    ]
