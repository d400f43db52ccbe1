from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0007_the_budget_stops_the_line"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="job",
            index=models.Index(fields=["-ordered_at"], name="jobs_job_ordered_174944_idx"),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("dismissed_at", None)),
                fields=["owner", "-ordered_at"],
                name="job_in_strip",
            ),
        ),
    ]
