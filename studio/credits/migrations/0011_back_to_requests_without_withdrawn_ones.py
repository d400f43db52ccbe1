from django.db import migrations


def forget(apps, schema_editor):
    """On the way back there is no word for what was withdrawn: it was deleted then."""
    apps.get_model('credits', 'CreditRequest').objects.filter(answer='withdrawn').delete()


class Migration(migrations.Migration):
    """By itself: PostgreSQL changes no table while rows of the same transaction are still to be checked."""

    dependencies = [
        ('credits', '0010_withdrawn_requests_stay'),
    ]

    operations = [
        migrations.RunPython(migrations.RunPython.noop, forget),
    ]
