from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0009_whose_turn_and_how_long")]

    operations = [
        migrations.AddField(
            model_name="line",
            name="told_of",
            field=models.DateTimeField(help_text="of which stop admins were mailed", null=True),
        ),
        migrations.AddField(
            model_name="line",
            name="installation",
            field=models.UUIDField(help_text="whose the mark outside the database is", null=True),
        ),
        migrations.AddField(
            model_name="line",
            name="taken",
            field=models.PositiveBigIntegerField(
                default=0, help_text="submits ever begun, as the mark counts them"
            ),
        ),
        migrations.AddField(
            model_name="line",
            name="home",
            field=models.CharField(blank=True, help_text="where this database lies", max_length=200),
        ),
        migrations.AlterField(
            model_name="line",
            name="stop",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "None"),
                    ("key", "Key"),
                    ("wallet", "Wallet"),
                    ("lost", "Lost"),
                    ("unreachable", "Unreachable"),
                    ("refused", "Refused"),
                    ("budget", "Budget"),
                    ("restored", "Restored"),
                ],
                default="",
                max_length=12,
            ),
        ),
    ]
