import django.db.models.deletion
from django.db import migrations, models

GRAINS = [("day", "Day"), ("month", "Month")]


def what_both_have():
    """The fields of a total, whoever's it is."""
    key = models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")
    figures = ("orders", "pictures", "held", "used", "released")
    return [
        ("id", key),
        ("grain", models.CharField(choices=GRAINS, max_length=5)),
        ("start", models.DateField()),
        ("made", models.CharField(blank=True, max_length=8)),
        ("model_name", models.CharField(blank=True, max_length=40)),
        *((name, models.PositiveIntegerField(default=0)) for name in figures),
    ]


class Migration(migrations.Migration):
    dependencies = [("credits", "0005_every_entry_says_so")]

    operations = [
        # Totals are made from the entries; those of the old shape were never read.
        migrations.DeleteModel(name="Total"),
        migrations.CreateModel(
            name="MemberTotal",
            fields=[
                *what_both_have(),
                ("granted", models.PositiveIntegerField(default=0)),
                ("adjusted", models.IntegerField(default=0)),
                ("expired", models.PositiveIntegerField(default=0)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="credits.account",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["account", "grain", "start"], name="credits_mem_account_9462cd_idx")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("grain", "start", "account", "made", "model_name"), name="one_total_a_member"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ProjectTotal",
            fields=[*what_both_have(), ("project_id", models.BigIntegerField())],
            options={
                "indexes": [
                    models.Index(
                        fields=["project_id", "grain", "start"], name="credits_pro_project_e600d7_idx"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("grain", "start", "project_id", "made", "model_name"),
                        name="one_total_a_project",
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(condition=models.Q(("job", None)), fields=["day"], name="entry_of_no_job"),
        ),
    ]
