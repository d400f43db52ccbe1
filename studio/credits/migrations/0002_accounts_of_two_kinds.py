import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def of_the_api_in_use(apps, schema_editor):
    """What was booked while there was only one kind belongs to the API that was worked with."""
    real = apps.get_model("credits", "ApiUsed").objects.exists()
    apps.get_model("credits", "Account").objects.update(sandbox=not real)


class Migration(migrations.Migration):
    dependencies = [
        ("credits", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="account",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="accounts",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="account",
            name="sandbox",
            field=models.BooleanField(default=True),
            preserve_default=False,
        ),
        migrations.RunPython(of_the_api_in_use, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.UniqueConstraint(fields=("user", "sandbox"), name="one_account_of_a_kind"),
        ),
    ]
