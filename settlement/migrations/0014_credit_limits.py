"""Credit limits of merchants, and every earlier one."""

import django.db.models.deletion
import django.db.models.manager
import django.utils.timezone
from django.db import migrations, models
from django.db.models import Q

GUARD = """
create trigger creditlimit_is_append_only before update or delete on settlement_creditlimit
  for each row execute function settlement_refuse();
create trigger creditlimit_is_never_truncated before truncate on settlement_creditlimit execute function settlement_refuse();
alter table settlement_creditlimit enable always trigger creditlimit_is_append_only;
alter table settlement_creditlimit enable always trigger creditlimit_is_never_truncated;
"""
UNDO = """
drop trigger creditlimit_is_append_only on settlement_creditlimit;
drop trigger creditlimit_is_never_truncated on settlement_creditlimit;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('network', '0004_refused_vat_ids'),
        ('settlement', '0013_entries_without_their_facts'),
    ]

    operations = [
        migrations.CreateModel(
            name='CreditLimit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('currency', models.CharField(max_length=3)),
                ('amount', models.BigIntegerField(blank=True, null=True)),
                ('reason', models.CharField(max_length=500)),
                ('set_by', models.CharField(max_length=120)),
                ('set_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('merchant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.merchant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'everyone',
                'indexes': [models.Index(fields=['merchant', 'currency', '-id'], name='credit_limit_newest')],
                'constraints': [
                    models.CheckConstraint(condition=Q(('amount', None), ('amount__gte', 0), _connector='OR'), name='a_credit_limit_is_no_debt'),
                    models.CheckConstraint(condition=Q(('currency__regex', '^[A-Z]{3}$')), name='a_credit_limit_names_its_currency'),
                    models.CheckConstraint(condition=Q(Q(('reason', ''), _negated=True), Q(('set_by', ''), _negated=True)), name='a_credit_limit_says_who_and_why'),
                ],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everyone', django.db.models.manager.Manager()),
            ],
        ),
        migrations.RunSQL(GUARD, UNDO),
    ]
