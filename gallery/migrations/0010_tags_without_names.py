from django.db import migrations, models
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce, Left


def name(apps, schema_editor):
    """On the way back a tag is called as on one of its pictures."""
    tag, tagged = (apps.get_model('gallery', name) for name in ('Tag', 'Tagged'))
    written = tagged.objects.filter(tag=OuterRef('pk')).order_by('pk').values('name')[:1]
    tag.objects.update(name=Coalesce(Subquery(written), Left('key', 40)))


class Migration(migrations.Migration):
    """By itself: PostgreSQL changes no table while rows of the same transaction are still to be checked."""

    dependencies = [
        ('gallery', '0009_tags_as_they_are_written'),
    ]

    operations = [
        migrations.AlterModelOptions(name='tag', options={}),
        migrations.RemoveConstraint(model_name='tag', name='tag_has_name'),
        migrations.AddConstraint(
            model_name='tag',
            constraint=models.CheckConstraint(condition=models.Q(('key', ''), _negated=True), name='tag_has_key'),
        ),
        migrations.AddConstraint(
            model_name='tagged',
            constraint=models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='tagged_has_name'),
        ),
        migrations.RunPython(migrations.RunPython.noop, name),
        migrations.AlterField(
            model_name='tag',
            name='name',
            field=models.CharField(default='', max_length=40),
        ),
        migrations.RemoveField(model_name='tag', name='name'),
    ]
