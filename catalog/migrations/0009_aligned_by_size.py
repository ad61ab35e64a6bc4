"""A third kind of evidence that may link by itself: the product is linked, and the size is the same."""

from django.db import migrations


def begin(apps, schema_editor):
    apps.get_model("catalog", "EvidenceClass").objects.get_or_create(
        name="aligned", defaults={"status": "provisional"}
    )


class Migration(migrations.Migration):
    dependencies = [("catalog", "0008_matching_drift_in_steps")]
    operations = [migrations.RunPython(begin, migrations.RunPython.noop)]
