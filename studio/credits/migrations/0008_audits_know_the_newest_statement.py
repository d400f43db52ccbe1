from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("credits", "0007_audits_and_warnings_read"),
    ]

    operations = [
        migrations.AddField(
            model_name="auditrun",
            name="newest_statement",
            field=models.CharField(
                blank=True,
                help_text="the hash of the team's newest, which binds all before it",
                max_length=64,
            ),
        ),
    ]
