from django.db import migrations


def add_general(apps, schema_editor):
    """Every picture has a project, so that there must be one before the first."""
    apps.get_model("gallery", "Project").objects.using(schema_editor.connection.alias).get_or_create(name="General")


class Migration(migrations.Migration):
    dependencies = [("gallery", "0001_initial")]

    operations = [migrations.RunPython(add_general, migrations.RunPython.noop)]
