"""Evidence classes earn their standing by audits; merchants report links; aliases are proposed from verdicts."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.manager
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0003_review_kinds_and_bulk'),
        ('network', '0002_shelf_guard_and_rate_cards'),
    ]

    operations = [
        migrations.CreateModel(
            name='ColourAlias',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('word', models.CharField(max_length=80, unique=True)),
                ('bases', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), size=None)),
                ('by', models.CharField(max_length=120)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'verbose_name_plural': 'colour aliases',
            },
        ),
        migrations.AddField(
            model_name='evidenceclass',
            name='announce_due_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='evidenceclass',
            name='checks_a_month',
            field=models.PositiveIntegerField(default=300),
        ),
        migrations.AddField(
            model_name='evidenceclass',
            name='counted_from',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='evidenceclass',
            name='drawn_on',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.CreateModel(
            name='AliasProposal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=8)),
                ('word', models.CharField(max_length=120)),
                ('meaning', models.CharField(max_length=120)),
                ('status', models.CharField(default='open', max_length=10)),
                ('verdicts', models.PositiveIntegerField(default=0)),
                ('shops', models.PositiveIntegerField(default=0)),
                ('examples', models.JSONField(default=list)),
                ('seen_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('decided_by', models.CharField(blank=True, max_length=120)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('status__in', ('open', 'confirmed', 'rejected'))), name='alias_proposal_status_is_known'), models.CheckConstraint(condition=models.Q(('kind__in', ['brand', 'colour'])), name='alias_proposal_kind_is_known'), models.UniqueConstraint(fields=('kind', 'word', 'meaning'), name='an_alias_is_proposed_once')],
            },
        ),
        migrations.CreateModel(
            name='AliasProposalChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('from_status', models.CharField(blank=True, max_length=20)),
                ('to_status', models.CharField(max_length=20)),
                ('by', models.CharField(max_length=120)),
                ('reason', models.TextField(blank=True)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('row', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='catalog.aliasproposal')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='EvidenceClassChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('from_status', models.CharField(blank=True, max_length=20)),
                ('to_status', models.CharField(max_length=20)),
                ('by', models.CharField(max_length=120)),
                ('reason', models.TextField(blank=True)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('row', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='catalog.evidenceclass')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='MatchReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('status', models.CharField(default='open', max_length=8)),
                ('reason', models.CharField(max_length=20)),
                ('words', models.JSONField(default=list)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('decided_by', models.CharField(blank=True, max_length=120)),
                ('card', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='reports', to='catalog.reviewcard')),
                ('match', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reports', to='catalog.match')),
                ('shop', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='network.shop')),
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
            name='MatchReportChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('from_status', models.CharField(blank=True, max_length=20)),
                ('to_status', models.CharField(max_length=20)),
                ('by', models.CharField(max_length=120)),
                ('reason', models.TextField(blank=True)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('row', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='catalog.matchreport')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Audit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seed', models.CharField(max_length=60)),
                ('drawn_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('answered_at', models.DateTimeField(blank=True, null=True)),
                ('right', models.BooleanField(blank=True, null=True)),
                ('by', models.CharField(blank=True, max_length=120)),
                ('card', models.OneToOneField(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='audit', to='catalog.reviewcard')),
                ('evidence_class', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='audits', to='catalog.evidenceclass')),
                ('match', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='audits', to='catalog.match')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('answered_at__isnull', False)), fields=['evidence_class', 'answered_at'], name='audit_answers')],
                'constraints': [models.UniqueConstraint(fields=('match',), name='a_link_is_audited_once'), models.CheckConstraint(condition=models.Q(models.Q(('answered_at', None), ('right', None)), models.Q(('answered_at__isnull', False), ('right__isnull', False)), _connector='OR'), name='an_answered_audit_says_right_or_wrong')],
            },
        ),
        migrations.AddIndex(
            model_name='matchreport',
            index=models.Index(fields=['shop', 'created_at'], name='match_report_rate'),
        ),
        migrations.AddConstraint(
            model_name='matchreport',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ('open', 'upheld', 'refused', 'moot'))), name='match_report_status_is_known'),
        ),
        migrations.AddConstraint(
            model_name='matchreport',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'open')), fields=('match',), name='one_open_report_per_match'),
        ),
    ]
