from django.conf import settings
from django.db import migrations
from django.utils import timezone

from studio.credits import seals

# As they were sealed then: what is sealed later is sealed by a migration of its own.
SEALED = (
    "account_id", "kind", "d_available", "d_held", "key", "job", "project_id", "project_name", "made",
    "model_name", "pictures", "actor_id", "reason", "at", "day",
)  # fmt: skip
UNKNOWN = ("generate", "gemini-2.5-flash", 5)


def say_and_seal(apps, schema_editor):
    """Entries say what was made and on which day, as their jobs know it, and are chained from the first."""
    accounts, entries = (
        apps.get_model("credits", "Account").objects,
        apps.get_model("credits", "Entry").objects,
    )
    for account in accounts.order_by("pk"):
        head = ""
        for entry in entries.filter(account=account).order_by("pk").iterator(chunk_size=2000):
            say(apps, entry)
            entry.day = timezone.localdate(entry.at)
            entry.seal = head = seals.seal(head, [getattr(entry, name) for name in SEALED])
            entry.save(update_fields=["made", "model_name", "pictures", "day", "seal"])
        accounts.filter(pk=account.pk).update(seal=head)


def say(apps, entry):
    """What an entry of a job was for."""
    if entry.job is None:
        return
    jobs = apps.get_model("jobs", "Job").objects.filter(pk=entry.job)
    entry.made, entry.model_name, price = jobs.values_list("made", "model_name", "price").first() or UNKNOWN
    if entry.kind == "capture":
        entry.pictures = -entry.d_held // price


class Migration(migrations.Migration):
    dependencies = [
        ("credits", "0003_reports"),
        ("jobs", "0006_reports"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [migrations.RunPython(say_and_seal, migrations.RunPython.noop)]
