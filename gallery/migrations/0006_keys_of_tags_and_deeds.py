import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from gallery.models.marks import key_of


def fill(apps, schema_editor):
    """Tags that only differ in how they are written become one: the first."""
    tag, tagged = (apps.get_model('gallery', name) for name in ('Tag', 'Tagged'))
    first = {}
    for one in tag.objects.order_by('pk'):
        key = key_of(one.name) or str(one.pk)
        if key in first:
            both = tagged.objects.filter(tag=first[key]).values('image')
            tagged.objects.filter(tag=one.pk).exclude(image__in=both).update(tag=first[key])
            one.delete()
        else:
            first[key] = one.pk
            tag.objects.filter(pk=one.pk).update(key=key)


class Migration(migrations.Migration):

    dependencies = [
        ('gallery', '0005_search'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Deed',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('at', models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                ('back', models.JSONField(help_text='the steps back, first to last: {act, images, target}')),
                ('undone_at', models.DateTimeField(blank=True, null=True)),
                ('by', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('-at',),
            },
        ),
        migrations.AddField(
            model_name='tag',
            name='key',
            field=models.CharField(default='', editable=False, help_text='see key_of', max_length=320),
            preserve_default=False,
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
