from django.db import migrations, models


class Migration(migrations.Migration):
    """By itself: PostgreSQL changes no table while rows of the same transaction are still to be checked."""

    dependencies = [
        ('gallery', '0006_keys_of_tags_and_deeds'),
    ]

    operations = [
        migrations.RemoveConstraint(model_name='tag', name='tag_has_name'),
        migrations.RemoveConstraint(model_name='tag', name='tag_name_once'),
        migrations.AlterField(
            model_name='tag',
            name='key',
            field=models.CharField(editable=False, help_text='see key_of', max_length=320, unique=True),
        ),
        migrations.AddConstraint(
            model_name='tag',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('name', ''), _negated=True), models.Q(('key', ''), _negated=True)), name='tag_has_name'),
        ),
    ]
