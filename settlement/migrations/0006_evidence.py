"""Evidence behind the VAT of each internal order: noted once, never changed."""

import django.db.models.deletion
import django.db.models.manager
import django.utils.timezone
from django.db import migrations, models

APPEND_ONLY = """
create trigger evidence_is_append_only before update or delete on settlement_evidence
  for each row execute function settlement_refuse();
create trigger evidence_is_never_truncated before truncate on settlement_evidence execute function settlement_refuse();
alter table settlement_evidence enable always trigger evidence_is_append_only;
alter table settlement_evidence enable always trigger evidence_is_never_truncated;
"""
GONE = """
drop trigger evidence_is_append_only on settlement_evidence;
drop trigger evidence_is_never_truncated on settlement_evidence;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0004_cancel_begun_at'),
        ('settlement', '0005_seal_on_statements'),
    ]

    operations = [
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
        migrations.RunSQL(APPEND_ONLY, GONE),
    ]
