"""Tax and register numbers of merchants, and what registers answered about their VAT numbers."""

import django.db.models.deletion
import django.db.models.manager
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('network', '0002_shelf_guard_and_rate_cards'),
    ]

    operations = [
        migrations.AddField(
            model_name='merchant',
            name='registration_number',
            field=models.CharField(blank=True, max_length=40, verbose_name='number in the companies’ register'),
        ),
        migrations.AddField(
            model_name='merchant',
            name='tax_number',
            field=models.CharField(blank=True, max_length=30, verbose_name='tax number, as its authority writes it'),
        ),
        migrations.CreateModel(
            name='VatCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('vat_id', models.CharField(max_length=20)),
                ('answer', models.CharField(choices=[('valid', 'Valid'), ('invalid', 'Not valid'), ('not_checked', 'Not checked')], max_length=12)),
                ('consultation', models.CharField(blank=True, max_length=40)),
                ('source', models.CharField(max_length=20)),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('asked_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('asked_by', models.CharField(max_length=120)),
                ('registration', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='checks', to='network.taxregistration')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'everyone',
                'indexes': [models.Index(fields=['registration', '-asked_at'], name='vat_check_newest')],
                'constraints': [models.CheckConstraint(condition=models.Q(('answer__in', ['valid', 'invalid', 'not_checked'])), name='vat_answer_is_known')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everyone', django.db.models.manager.Manager()),
            ],
        ),
    ]
