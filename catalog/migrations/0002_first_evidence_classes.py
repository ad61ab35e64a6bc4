"""The kinds of evidence that may link by themselves, on probation until audits have proved them."""

from django.db import migrations

# one barcode; one full article code and size; the product is linked, and the size is the same
NAMES = ("gtin", "code", "aligned")


def begin(apps, schema_editor):
    classes = apps.get_model("catalog", "EvidenceClass")
    classes.objects.bulk_create(classes(name=name, status="provisional") for name in NAMES)


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial")]
    operations = [migrations.RunPython(begin, migrations.RunPython.noop)]
