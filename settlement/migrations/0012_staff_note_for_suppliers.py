"""What staff note for a supplier says why, when and how it came; it never changes either."""

from django.db import migrations, models
from django.db.models import Q

GUARD = """
drop trigger documentobjection_stays_as_made on settlement_documentobjection;
create trigger documentobjection_stays_as_made before update on settlement_documentobjection for each row
  when (old.answered_at is not null or (old.id, old.document_id, old.merchant_id, old.reason, old.made_by, old.made_at,
      old.received_on, old.received_how) is distinct from (new.id, new.document_id, new.merchant_id, new.reason, new.made_by,
      new.made_at, new.received_on, new.received_how))
  execute function settlement_refuse();
alter table settlement_documentobjection enable always trigger documentobjection_stays_as_made;
"""
UNDO = """
drop trigger documentobjection_stays_as_made on settlement_documentobjection;
create trigger documentobjection_stays_as_made before update on settlement_documentobjection for each row
  when (old.answered_at is not null or (old.id, old.document_id, old.merchant_id, old.reason, old.made_by, old.made_at)
      is distinct from (new.id, new.document_id, new.merchant_id, new.reason, new.made_by, new.made_at))
  execute function settlement_refuse();
alter table settlement_documentobjection enable always trigger documentobjection_stays_as_made;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('settlement', '0011_documents_name_their_agreement'),
    ]

    operations = [
        migrations.AddField('selfbilling', 'ended_reason', models.CharField(blank=True, default='', max_length=500), preserve_default=False),
        migrations.AddField('documentobjection', 'received_on', models.DateField(blank=True, null=True)),
        migrations.AddField('documentobjection', 'received_how', models.CharField(blank=True, default='', max_length=500), preserve_default=False),
        migrations.AddConstraint(
            'selfbilling',
            models.CheckConstraint(
                condition=Q(ended_reason='') | Q(ends_on__isnull=False), name='only_an_end_of_an_agreement_has_a_reason'
            ),
        ),
        migrations.AddConstraint(
            'documentobjection',
            models.CheckConstraint(
                condition=Q(received_on=None, received_how='') | Q(received_on__isnull=False) & ~Q(received_how=''),
                name='what_staff_note_of_an_objection_says_when_and_how_it_came',
            ),
        ),
        migrations.RunSQL(GUARD, UNDO),
    ]
