from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def fill(apps, schema_editor):
    """Each picture has its tags as they were written for all of them."""
    tag, tagged, deed = (apps.get_model('gallery', name) for name in ('Tag', 'Tagged', 'Deed'))
    tagged.objects.update(name=Subquery(tag.objects.filter(pk=OuterRef('tag')).values('name')[:1]))
    # The steps back say more from now on; who updates can't undo what was done just before.
    deed.objects.all().delete()


class Migration(migrations.Migration):

    dependencies = [
        ('gallery', '0008_gone_for_good'),
    ]

    operations = [
        migrations.AddField(
            model_name='tagged',
            name='name',
            field=models.CharField(default='', max_length=40),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name='deed',
            name='back',
            field=models.JSONField(help_text='the steps back that were not taken yet, as of gallery/undoing.py'),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
