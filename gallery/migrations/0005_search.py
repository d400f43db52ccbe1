from django.conf import settings
from django.db import migrations, models

from gallery import search

AT_ONCE = 1000
# Both databases get words that are split already, so neither has an opinion of its own about them.
SQLITE = """CREATE VIRTUAL TABLE gallery_words USING fts5(
    words, tokenize = "unicode61 remove_diacritics 0 tokenchars '_'", prefix = '2 3 4')"""
POSTGRES = "CREATE TABLE gallery_words (image_id bigint PRIMARY KEY, words tsvector NOT NULL)"
POSTGRES_INDEX = "CREATE INDEX gallery_words_by_word ON gallery_words USING gin (words)"


def make(apps, schema_editor):
    """The index of what is said of pictures: no model, for it is another thing in each database."""
    if schema_editor.connection.vendor == 'postgresql':
        schema_editor.execute(POSTGRES)
        fill(apps)
        schema_editor.execute(POSTGRES_INDEX)
    else:
        schema_editor.execute(SQLITE)
        fill(apps)


def fill(apps):
    """What there is by now; tags came with the tables before this, and nothing wrote any yet."""
    images = apps.get_model('gallery', 'Image').objects.order_by('pk')
    last = 0
    while some := list(images.filter(pk__gt=last).values_list('pk', 'prompt', 'file_name', 'note')[:AT_ONCE]):
        search.write((pk, texts) for pk, *texts in some)
        last = some[-1][0]


def drop(apps, schema_editor):
    schema_editor.execute('DROP TABLE gallery_words')


class Migration(migrations.Migration):

    dependencies = [
        ('gallery', '0004_albums_tags_favourites_and_the_trash'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunPython(make, drop),
        migrations.AddIndex(
            model_name='image',
            index=models.Index(condition=models.Q(('trashed_at', None)), fields=['kind', '-id'], name='image_of_kind'),
        ),
        migrations.AddIndex(
            model_name='image',
            index=models.Index(condition=models.Q(('trashed_at', None)), fields=['ratio', '-id'], name='image_of_ratio'),
        ),
        migrations.AddIndex(
            model_name='image',
            index=models.Index(condition=models.Q(('private', True), ('trashed_at', None)), fields=['-id'], name='image_private'),
        ),
        migrations.AddIndex(
            model_name='image',
            index=models.Index(condition=models.Q(('private', False), ('trashed_at', None)), fields=['created_at'], name='image_team_months'),
        ),
        migrations.AddIndex(
            model_name='image',
            index=models.Index(condition=models.Q(('trashed_at', None)), fields=['owner', 'created_at'], name='image_own_months'),
        ),
        migrations.AddIndex(
            model_name='image',
            index=models.Index(condition=models.Q(('trashed_at', None)), fields=['project', 'created_at', 'private', 'owner'], name='image_project_months'),
        ),
    ]
