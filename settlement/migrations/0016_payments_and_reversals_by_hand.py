"""Payments booked by hand and entries taken back are proposals too."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):

    dependencies = [
        ('settlement', '0015_bookings_of_two_files'),
    ]

    operations = [
        migrations.AddField(
            'proposal',
            'entry',
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name='+',
                to='settlement.entry',
            ),
        ),
        migrations.AlterField(
            'proposal',
            'kind',
            models.CharField(
                choices=[
                    ('penalty', 'Penalty'),
                    ('compensation', 'Compensation'),
                    ('write_off', 'Debt written off'),
                    ('dispute', 'Decision of a dispute'),
                    ('booking', 'Booking out of suspense'),
                    ('rate_card', 'Rate card'),
                    ('paid', 'Payment booked as paid'),
                    ('returned', 'Payment booked as returned'),
                    ('reversal', 'Entry taken back'),
                ],
                max_length=12,
            ),
        ),
        migrations.RemoveConstraint('proposal', 'a_proposal_says_whom_its_kind_concerns'),
        migrations.AddConstraint(
            'proposal',
            models.CheckConstraint(
                condition=Q(kind__in=['penalty', 'compensation'], payer__isnull=False, payee__isnull=False)
                | Q(kind='write_off', payer__isnull=False, payee=None)
                | Q(kind='dispute', dispute__isnull=False)
                | Q(kind='booking', bank_line__isnull=False)
                | Q(kind='rate_card', card__isnull=False)
                | Q(kind__in=['paid', 'returned'], payment__isnull=False, bank_line=None)
                | Q(kind='reversal', entry__isnull=False),
                name='a_proposal_says_whom_its_kind_concerns',
            ),
        ),
        migrations.AddConstraint(
            'proposal',
            models.UniqueConstraint(
                condition=Q(status='proposed', kind__in=['paid', 'returned']),
                fields=('payment',),
                name='a_payment_has_one_proposed_booking',
            ),
        ),
        migrations.AddConstraint(
            'proposal',
            models.UniqueConstraint(
                condition=Q(status='proposed'), fields=('entry',), name='an_entry_has_one_proposed_reversal'
            ),
        ),
    ]
