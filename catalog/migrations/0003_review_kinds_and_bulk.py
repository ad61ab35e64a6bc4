"""Cards of several kinds, a second look at decisions, and decisions about many cards at once."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0002_first_evidence_classes'),
    ]

    operations = [
        migrations.CreateModel(
            name='BulkCard',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('candidate', models.PositiveSmallIntegerField(default=0)),
                ('sight', models.CharField(max_length=64)),
                ('status', models.CharField(default='waiting', max_length=10)),
                ('sizes', models.PositiveIntegerField(default=0)),
                ('reason', models.TextField(blank=True)),
            ],
        ),
        migrations.CreateModel(
            name='BulkDecision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('status', models.CharField(default='preview', max_length=10)),
                ('pattern', models.JSONField(default=dict)),
                ('digest', models.CharField(max_length=64)),
                ('counts', models.JSONField(default=dict)),
                ('by', models.CharField(max_length=120)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('confirmed_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='BulkDecisionChange',
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
        migrations.RemoveConstraint(
            model_name='reviewcard',
            name='one_open_card_per_product',
        ),
        migrations.AddField(
            model_name='reviewcard',
            name='about',
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name='reviewcard',
            name='agrees',
            field=models.BooleanField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='reviewcard',
            name='first',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='seconds', to='catalog.reviewcard'),
        ),
        migrations.AddField(
            model_name='reviewcard',
            name='kind',
            field=models.CharField(default='question', max_length=10),
        ),
        migrations.AddField(
            model_name='reviewcard',
            name='weighed_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddIndex(
            model_name='reviewcard',
            index=models.Index(condition=models.Q(('status', 'open')), fields=['weighed_at'], name='card_weigh_due'),
        ),
        migrations.AddIndex(
            model_name='reviewcard',
            index=models.Index(condition=models.Q(('decided_at__isnull', False)), fields=['decided_at'], name='card_decided'),
        ),
        migrations.AddIndex(
            model_name='reviewcard',
            index=models.Index(condition=models.Q(('taken_by', ''), _negated=True), fields=['taken_by'], name='card_taken'),
        ),
        migrations.AddConstraint(
            model_name='reviewcard',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ('question', 'audit', 'report', 'double', 'dispute'))), name='review_card_kind_is_known'),
        ),
        migrations.AddConstraint(
            model_name='reviewcard',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'question'), ('status', 'open')), fields=('product',), name='one_open_question_per_product'),
        ),
        migrations.AddConstraint(
            model_name='reviewcard',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'moot'), _negated=True), fields=('first', 'kind'), name='a_decision_is_doubted_once_a_kind'),
        ),
        migrations.AddField(
            model_name='bulkcard',
            name='card',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.reviewcard'),
        ),
        migrations.AddConstraint(
            model_name='bulkdecision',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ('preview', 'deciding', 'decided', 'undoing', 'undone', 'dropped'))), name='bulk_decision_status_is_known'),
        ),
        migrations.AddField(
            model_name='bulkcard',
            name='bulk',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='cards', to='catalog.bulkdecision'),
        ),
        migrations.AddField(
            model_name='bulkdecisionchange',
            name='row',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='catalog.bulkdecision'),
        ),
        migrations.AddConstraint(
            model_name='bulkcard',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ('waiting', 'decided', 'left', 'undone'))), name='bulk_card_status_is_known'),
        ),
        migrations.AddConstraint(
            model_name='bulkcard',
            constraint=models.UniqueConstraint(fields=('bulk', 'card'), name='a_card_stands_once_in_a_bulk_decision'),
        ),
    ]
