"""The two kinds of evidence that may link by themselves, on probation until audits have proved them."""

from django.db import migrations


def begin(apps, schema_editor):
    classes = apps.get_model("catalog", "EvidenceClass")
    for name in ("gtin", "code"):
        classes.objects.get_or_create(name=name, defaults={"status": "provisional"})


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial")]
    operations = [migrations.RunPython(begin, migrations.RunPython.noop)]
