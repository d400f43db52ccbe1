from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0010_put_back_from_a_backup"),
    ]

    operations = [
        migrations.AddField(
            model_name="job",
            name="doubted_at",
            field=models.DateTimeField(
                help_text="when its sender's lease was found to have run out", null=True
            ),
        ),
    ]
