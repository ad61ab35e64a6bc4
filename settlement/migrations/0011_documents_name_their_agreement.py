"""A self-billed document names the agreement it stands on; those from before agreements were kept are not asked."""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):

    dependencies = [
        ('settlement', '0010_agreements_on_self_billing'),
    ]

    operations = [
        AddConstraintNotValid(
            model_name='document',
            constraint=models.CheckConstraint(
                condition=~Q(kind__in=['389', '261']) | Q(agreement__isnull=False),
                name='a_self_billed_document_names_its_agreement',
            ),
        ),
    ]
