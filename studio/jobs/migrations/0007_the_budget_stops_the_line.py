from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0006_reports")]

    operations = [
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
                ],
                default="",
                max_length=12,
            ),
        ),
    ]
