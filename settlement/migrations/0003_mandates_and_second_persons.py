"""Mandates for direct debits of their own, and moves of money by hand that take two people."""

import django.db.models.deletion
import django.db.models.manager
import django.utils.timezone
from django.db import migrations, models

# Whoever ticked "by direct debit" beside an account had agreed to it on that day; the words were the form's.
CARRY_OVER = """
set constraints all immediate;
insert into settlement_mandate (reference, merchant_id, account_id, words, status, status_reason, entered_by, entered_at, signed_by,
  signed_on)
select mandate, merchant_id, id, 'The network may fetch its fees by SEPA business direct debit', 'signed', '', added_by, added_at,
  added_by, mandate_on
from settlement_bankaccount where mandate <> '' and replaced_at is null;
set constraints all deferred
"""


class Migration(migrations.Migration):

    dependencies = [
        ('network', '0002_shelf_guard_and_rate_cards'),
        ('orders', '0002_numbers'),
        ('settlement', '0002_guards'),
    ]

    operations = [
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
            name='MandateChange',
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
            ],
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
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.AddField(
            model_name='payment',
            name='announced_on',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='mandate',
            name='account',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='mandates', to='settlement.bankaccount'),
        ),
        migrations.AddField(
            model_name='mandate',
            name='merchant',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.merchant'),
        ),
        migrations.AddField(
            model_name='mandatechange',
            name='row',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='settlement.mandate'),
        ),
        migrations.AddField(
            model_name='proposal',
            name='bank_line',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='proposals', to='settlement.bankline'),
        ),
        migrations.AddField(
            model_name='proposal',
            name='dispute',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='proposals', to='settlement.dispute'),
        ),
        migrations.AddField(
            model_name='proposal',
            name='internal_order',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orders.internalorder'),
        ),
        migrations.AddField(
            model_name='proposal',
            name='payee',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.merchant'),
        ),
        migrations.AddField(
            model_name='proposal',
            name='payer',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.merchant'),
        ),
        migrations.AddField(
            model_name='proposal',
            name='payment',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='settlement.payment'),
        ),
        migrations.AddField(
            model_name='proposalchange',
            name='row',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='settlement.proposal'),
        ),
        migrations.AddConstraint(
            model_name='mandate',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ('entered', 'signed', 'revoked'))), name='mandate_status_is_known'),
        ),
        migrations.AddConstraint(
            model_name='mandate',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'signed'), _negated=True), models.Q(models.Q(('signed_by', ''), _negated=True), ('signed_on__isnull', False)), _connector='OR'), name='a_signed_mandate_names_who_and_when'),
        ),
        migrations.AddConstraint(
            model_name='mandate',
            constraint=models.UniqueConstraint(condition=models.Q(('status__in', ['entered', 'signed'])), fields=('account',), name='an_account_has_one_mandate'),
        ),
        migrations.AddConstraint(
            model_name='proposal',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ('proposed', 'agreed', 'refused', 'withdrawn'))), name='proposal_status_is_known'),
        ),
        migrations.AddConstraint(
            model_name='proposal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'agreed'), _negated=True), models.Q(models.Q(('decided_by', ''), _negated=True), models.Q(('decided_by', models.F('proposed_by')), _negated=True)), _connector='OR'), name='who_proposes_a_move_of_money_does_not_agree_to_it'),
        ),
        migrations.AddConstraint(
            model_name='proposal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind__in', ['penalty', 'compensation']), ('payee__isnull', False), ('payer__isnull', False)), models.Q(('kind', 'write_off'), ('payee', None), ('payer__isnull', False)), models.Q(('dispute__isnull', False), ('kind', 'dispute')), models.Q(('bank_line__isnull', False), ('kind', 'booking')), _connector='OR'), name='a_proposal_says_whom_its_kind_concerns'),
        ),
        migrations.AddConstraint(
            model_name='proposal',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0), models.Q(('amount', 0), ('kind', 'dispute')), ('kind', 'booking'), _connector='OR'), name='a_proposal_is_about_an_amount'),
        ),
        migrations.AddConstraint(
            model_name='proposal',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'proposed')), fields=('dispute',), name='a_dispute_has_one_proposed_decision'),
        ),
        migrations.AddConstraint(
            model_name='proposal',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'proposed')), fields=('bank_line',), name='a_booking_has_one_proposed_name'),
        ),
        migrations.RunSQL(CARRY_OVER, migrations.RunSQL.noop),
        migrations.RemoveConstraint(
            model_name='bankaccount',
            name='a_mandate_has_its_date',
        ),
        migrations.RemoveField(
            model_name='bankaccount',
            name='mandate',
        ),
        migrations.RemoveField(
            model_name='bankaccount',
            name='mandate_on',
        ),
    ]
