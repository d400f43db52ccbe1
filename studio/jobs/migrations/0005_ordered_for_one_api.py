from django.db import migrations, models


def of_the_api_in_use(apps, schema_editor):
    """What was never sent was ordered for the API that was worked with last."""
    real = apps.get_model("credits", "ApiUsed").objects.order_by("-at").first()
    apps.get_model("jobs", "Job").objects.filter(api="").update(api=real.name if real else "sandbox")


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0004_what_stays_in_the_way"),
        ("credits", "0001_initial"),
    ]

    operations = [
        migrations.RunPython(of_the_api_in_use, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="job",
            name="api",
            field=models.CharField(
                max_length=200, help_text="where it was ordered, and the only one it is sent to"
            ),
        ),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.CheckConstraint(
                condition=models.Q(("api", ""), _negated=True), name="an_order_is_for_one_api"
            ),
        ),
    ]
