
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0010_put_back_from_a_backup'),
    ]

    operations = [
        migrations.AddField(
            model_name='job',
            name='doubts',
            field=models.PositiveSmallIntegerField(default=0, help_text="how often its sender's lease was found to have run out"),
        ),
    ]
