from django.db import migrations


def make_the_line(apps, schema_editor):
    apps.get_model("jobs", "Line").objects.get_or_create(pk=1)


class Migration(migrations.Migration):
    dependencies = [("jobs", "0001_initial")]
    operations = [migrations.RunPython(make_the_line, migrations.RunPython.noop)]
