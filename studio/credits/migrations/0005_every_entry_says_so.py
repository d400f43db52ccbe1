from django.db import migrations, models
from django.utils import timezone


class Migration(migrations.Migration):
    dependencies = [("credits", "0004_what_entries_are_for")]

    operations = [
        migrations.AlterField(model_name="entry", name="day", field=models.DateField(default=timezone.localdate)),
        migrations.AlterField(model_name="entry", name="seal", field=models.CharField(max_length=64)),
        migrations.AddConstraint(
            model_name="entry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("job__isnull", True), ("made", ""), ("model_name", "")),
                    models.Q(
                        ("job__isnull", False),
                        ("made__in", ["generate", "edit"]),
                        models.Q(("model_name", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="a_job_is_booked_with_its_work",
            ),
        ),
        migrations.AddConstraint(
            model_name="entry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "capture"), ("pictures__gt", 0)),
                    models.Q(models.Q(("kind", "capture"), _negated=True), ("pictures", 0)),
                    _connector="OR",
                ),
                name="who_pays_receives_pictures",
            ),
        ),
    ]
