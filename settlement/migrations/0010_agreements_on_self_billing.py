"""Agreements on self-billing, what waits for one, and objections; what was agreed or objected is never changed."""

import django.db.models.deletion
import django.db.models.manager
import django.utils.timezone
from django.db import migrations, models

# What was agreed stays as it was agreed; its end is said once. What was objected stays, and is answered once.
GUARD = """
create trigger selfbilling_stays_as_agreed before update on settlement_selfbilling for each row
  when (old.ends_on is not null or (old.id, old.merchant_id, old.version, old.words, old.digest, old.days_to_object, old.name,
      old.agreed_by, old.agreed_at, old.agreed_on) is distinct from (new.id, new.merchant_id, new.version, new.words, new.digest,
      new.days_to_object, new.name, new.agreed_by, new.agreed_at, new.agreed_on))
  execute function settlement_refuse();
create trigger selfbilling_is_never_deleted before delete on settlement_selfbilling
  for each row execute function settlement_refuse();
create trigger selfbilling_is_never_truncated before truncate on settlement_selfbilling execute function settlement_refuse();
create trigger documentobjection_stays_as_made before update on settlement_documentobjection for each row
  when (old.answered_at is not null or (old.id, old.document_id, old.merchant_id, old.reason, old.made_by, old.made_at)
      is distinct from (new.id, new.document_id, new.merchant_id, new.reason, new.made_by, new.made_at))
  execute function settlement_refuse();
create trigger documentobjection_is_never_deleted before delete on settlement_documentobjection
  for each row execute function settlement_refuse();
create trigger documentobjection_is_never_truncated before truncate on settlement_documentobjection
  execute function settlement_refuse();
alter table settlement_selfbilling enable always trigger selfbilling_stays_as_agreed;
alter table settlement_selfbilling enable always trigger selfbilling_is_never_deleted;
alter table settlement_selfbilling enable always trigger selfbilling_is_never_truncated;
alter table settlement_documentobjection enable always trigger documentobjection_stays_as_made;
alter table settlement_documentobjection enable always trigger documentobjection_is_never_deleted;
alter table settlement_documentobjection enable always trigger documentobjection_is_never_truncated;
"""
UNDO = """
drop trigger selfbilling_stays_as_agreed on settlement_selfbilling;
drop trigger selfbilling_is_never_deleted on settlement_selfbilling;
drop trigger selfbilling_is_never_truncated on settlement_selfbilling;
drop trigger documentobjection_stays_as_made on settlement_documentobjection;
drop trigger documentobjection_is_never_deleted on settlement_documentobjection;
drop trigger documentobjection_is_never_truncated on settlement_documentobjection;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('network', '0004_refused_vat_ids'),
        ('settlement', '0009_balances_last'),
    ]

    operations = [
        migrations.AddField(
            model_name='document',
            name='object_until',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.CreateModel(
            name='SelfBilling',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.CharField(max_length=20)),
                ('words', models.TextField()),
                ('digest', models.CharField(max_length=64)),
                ('days_to_object', models.PositiveSmallIntegerField()),
                ('name', models.CharField(max_length=120)),
                ('agreed_by', models.CharField(max_length=120)),
                ('agreed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('agreed_on', models.DateField()),
                ('ends_on', models.DateField(blank=True, null=True)),
                ('ended_by', models.CharField(blank=True, max_length=120)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('merchant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.merchant')),
            ],
            options={
                'verbose_name': 'agreement on self-billing',
                'verbose_name_plural': 'agreements on self-billing',
                'abstract': False,
                'base_manager_name': 'everyone',
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everyone', django.db.models.manager.Manager()),
            ],
        ),
        migrations.AddField(
            model_name='document',
            name='agreement',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='settlement.selfbilling'),
        ),
        migrations.CreateModel(
            name='Unbilled',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.DateField()),
                ('currency', models.CharField(max_length=3)),
                ('is_credit', models.BooleanField()),
                ('sales', models.PositiveIntegerField()),
                ('net', models.BigIntegerField()),
                ('vat', models.BigIntegerField()),
                ('since', models.DateTimeField(default=django.utils.timezone.now)),
                ('noted_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('buyer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.merchant')),
                ('supplier', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.merchant')),
            ],
            options={
                'verbose_name': 'waiting for an agreement',
                'verbose_name_plural': 'waiting for an agreement',
                'abstract': False,
                'base_manager_name': 'everyone',
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everyone', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='DocumentObjection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.TextField()),
                ('made_by', models.CharField(max_length=120)),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('answer', models.TextField(blank=True)),
                ('answered_by', models.CharField(blank=True, max_length=120)),
                ('answered_at', models.DateTimeField(blank=True, null=True)),
                ('document', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='objection', to='settlement.document')),
                ('merchant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.merchant')),
            ],
            options={
                'verbose_name': 'objection to a document',
                'verbose_name_plural': 'objections to documents',
                'abstract': False,
                'base_manager_name': 'everyone',
                'indexes': [models.Index(condition=models.Q(('answered_at', None)), fields=['made_at'], name='document_objection_open')],
                'constraints': [models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='an_objection_to_a_document_says_why'), models.CheckConstraint(condition=models.Q(models.Q(('answer', ''), ('answered_at', None), ('answered_by', '')), models.Q(('answered_at__isnull', False), models.Q(('answer', ''), _negated=True), models.Q(('answered_by', ''), _negated=True)), _connector='OR'), name='an_answer_to_an_objection_has_words')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everyone', django.db.models.manager.Manager()),
            ],
        ),
        migrations.AddConstraint(
            model_name='selfbilling',
            constraint=models.UniqueConstraint(condition=models.Q(('ends_on', None)), fields=('merchant',), name='a_supplier_has_one_agreement_without_end'),
        ),
        migrations.AddConstraint(
            model_name='selfbilling',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('name', ''), _negated=True), models.Q(('agreed_by', ''), _negated=True), models.Q(('words', ''), _negated=True)), name='an_agreement_names_who_and_what'),
        ),
        migrations.AddConstraint(
            model_name='selfbilling',
            constraint=models.CheckConstraint(condition=models.Q(('ends_on', None), ('ends_on__gte', models.F('agreed_on')), _connector='OR'), name='an_agreement_ends_after_it_began'),
        ),
        migrations.AddConstraint(
            model_name='unbilled',
            constraint=models.UniqueConstraint(fields=('supplier', 'buyer', 'month', 'currency', 'is_credit'), name='what_waits_is_told_once_a_pair'),
        ),
        migrations.RunSQL(GUARD, UNDO),
    ]
