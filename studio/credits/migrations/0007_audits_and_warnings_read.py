import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("credits", "0006_totals_of_members_and_projects")]

    operations = [
        migrations.CreateModel(
            name="AuditRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("seconds", models.FloatField()),
                ("disagreements", models.PositiveIntegerField()),
                (
                    "words",
                    models.TextField(help_text="what disagrees, a sentence a line; or that all agree"),
                ),
            ],
        ),
        migrations.AddField(
            model_name="budgetwarning",
            name="dismissed_at",
            field=models.DateTimeField(help_text="when an admin had read it", null=True),
        ),
    ]
