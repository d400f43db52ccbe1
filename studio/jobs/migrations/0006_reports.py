from django.conf import settings
from django.db import migrations, models


def what_they_make(apps, schema_editor):
    """Orders with pictures to edit are edits."""
    source = apps.get_model("jobs", "Source")
    apps.get_model("jobs", "Job").objects.filter(pk__in=source.objects.values("job_id")).update(made="edit")


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0005_ordered_for_one_api"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DayOfJobs",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                ("made", models.CharField(max_length=8)),
                ("model_name", models.CharField(max_length=40)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("sending", "Sending"),
                            ("making", "Making"),
                            ("saving", "Saving"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                            ("unknown", "Unknown"),
                        ],
                        max_length=9,
                    ),
                ),
                ("reason_code", models.CharField(blank=True, max_length=40)),
                ("orders", models.PositiveIntegerField(default=0)),
                ("pictures", models.PositiveIntegerField(default=0)),
                ("sent", models.PositiveIntegerField(default=0, help_text="orders that left the line")),
                (
                    "waited",
                    models.PositiveBigIntegerField(default=0, help_text="seconds in the line, of those sent"),
                ),
                (
                    "took",
                    models.PositiveBigIntegerField(
                        default=0, help_text="seconds from sent to done, of those done"
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="job",
            name="counted",
            field=models.BooleanField(default=False, help_text="at rest, and part of the day's statistics"),
        ),
        migrations.AddField(
            model_name="job",
            name="made",
            field=models.CharField(
                choices=[("generate", "made"), ("edit", "edited"), ("upload", "uploaded")],
                default="generate",
                help_text="generate, or edit when it has sources",
                max_length=8,
            ),
            preserve_default=False,
        ),
        migrations.RunPython(what_they_make, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("counted", False)), fields=["finished_at"], name="job_not_counted"
            ),
        ),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.CheckConstraint(
                condition=models.Q(("made__in", ["generate", "edit"])), name="an_order_is_for_some_work"
            ),
        ),
        migrations.AddConstraint(
            model_name="dayofjobs",
            constraint=models.UniqueConstraint(
                fields=("day", "made", "model_name", "state", "reason_code"), name="one_count_a_kind_of_end"
            ),
        ),
    ]
