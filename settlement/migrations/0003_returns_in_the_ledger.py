"""Entries of a new kind: what came back."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0003_returns'),
        ('settlement', '0002_guards'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='entry',
            name='entry_kind_is_known',
        ),
        migrations.AlterField(
            model_name='entry',
            name='kind',
            field=models.CharField(choices=[('ship', 'Shipped'), ('return', 'Returned'), ('release', 'Released'), ('reversal', 'Reversal'), ('adjustment', 'Adjustment')], max_length=20),
        ),
        migrations.AddConstraint(
            model_name='entry',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['ship', 'return', 'release', 'reversal', 'adjustment'])), name='entry_kind_is_known'),
        ),
    ]
