import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('gallery', '0003_projects_of_clients'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Album',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80)),
                ('team', models.CharField(blank=True, choices=[('', 'Only its owner and the members named'), ('view', 'Everyone sees it'), ('add', 'Everyone sees it and adds pictures')], default='view', max_length=4)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('trashed_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': (django.db.models.functions.text.Lower('name'),),
            },
        ),
        migrations.CreateModel(
            name='Favourite',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name='Guest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('may_add', models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name='Placed',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveBigIntegerField(help_text='smaller ones come first; gaps mean nothing')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'ordering': ('position', 'id'),
            },
        ),
        migrations.CreateModel(
            name='Tag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=40)),
            ],
            options={
                'ordering': (django.db.models.functions.text.Lower('name'),),
            },
        ),
        migrations.CreateModel(
            name='Tagged',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='image',
            name='image_upload_once',
        ),
        migrations.AddField(
            model_name='image',
            name='deleted_at',
            field=models.DateTimeField(blank=True, help_text='gone for good: the file and all words; the row stays for lineage and books', null=True),
        ),
        migrations.AddField(
            model_name='image',
            name='note',
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name='image',
            name='trashed_by',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='image',
            name='winner',
            field=models.BooleanField(default=False, help_text="on top of its order's stack"),
        ),
        migrations.AddIndex(
            model_name='image',
            index=models.Index(condition=models.Q(('deleted_at', None), ('trashed_at__isnull', False)), fields=['trashed_at'], name='image_trash'),
        ),
        migrations.AddConstraint(
            model_name='image',
            constraint=models.UniqueConstraint(condition=models.Q(('deleted_at', None), ('kind', 'upload')), fields=('owner', 'sha256', 'private'), name='image_upload_once'),
        ),
        migrations.AddConstraint(
            model_name='image',
            constraint=models.UniqueConstraint(condition=models.Q(('winner', True)), fields=('job',), name='image_one_winner_an_order'),
        ),
        migrations.AddConstraint(
            model_name='image',
            constraint=models.CheckConstraint(condition=models.Q(('deleted_at', None), models.Q(('file_name', ''), ('note', ''), ('prompt', ''), ('trashed_at__isnull', False), ('winner', False)), _connector='OR'), name='image_gone_says_nothing'),
        ),
        migrations.AddField(
            model_name='album',
            name='cover',
            field=models.ForeignKey(blank=True, help_text='else its first picture', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='gallery.image'),
        ),
        migrations.AddField(
            model_name='album',
            name='owner',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='albums', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='favourite',
            name='image',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='favourites', to='gallery.image'),
        ),
        migrations.AddField(
            model_name='favourite',
            name='user',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='favourites', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='guest',
            name='album',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='guests', to='gallery.album'),
        ),
        migrations.AddField(
            model_name='guest',
            name='member',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='placed',
            name='album',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='places', to='gallery.album'),
        ),
        migrations.AddField(
            model_name='placed',
            name='by',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='placed',
            name='image',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='places', to='gallery.image'),
        ),
        migrations.AddConstraint(
            model_name='tag',
            constraint=models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='tag_has_name'),
        ),
        migrations.AddConstraint(
            model_name='tag',
            constraint=models.UniqueConstraint(django.db.models.functions.text.Lower('name'), name='tag_name_once'),
        ),
        migrations.AddField(
            model_name='tagged',
            name='by',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='tagged',
            name='image',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='taggings', to='gallery.image'),
        ),
        migrations.AddField(
            model_name='tagged',
            name='tag',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='taggings', to='gallery.tag'),
        ),
        migrations.AddConstraint(
            model_name='album',
            constraint=models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='album_has_name'),
        ),
        migrations.AddConstraint(
            model_name='album',
            constraint=models.CheckConstraint(condition=models.Q(('team__in', ('', 'view', 'add'))), name='album_team'),
        ),
        migrations.AddConstraint(
            model_name='album',
            constraint=models.UniqueConstraint(models.F('owner'), django.db.models.functions.text.Lower('name'), condition=models.Q(('trashed_at', None)), name='album_name_once_an_owner', violation_error_message='You have an album of this name.'),
        ),
        migrations.AddIndex(
            model_name='favourite',
            index=models.Index(fields=['user', '-image'], name='favourites_of'),
        ),
        migrations.AddConstraint(
            model_name='favourite',
            constraint=models.UniqueConstraint(fields=('user', 'image'), name='favourite_once'),
        ),
        migrations.AddConstraint(
            model_name='guest',
            constraint=models.UniqueConstraint(fields=('album', 'member'), name='album_guest_once'),
        ),
        migrations.AddIndex(
            model_name='placed',
            index=models.Index(fields=['album', 'position', 'id'], name='album_order'),
        ),
        migrations.AddConstraint(
            model_name='placed',
            constraint=models.UniqueConstraint(fields=('album', 'image'), name='album_image_once'),
        ),
        migrations.AddIndex(
            model_name='tagged',
            index=models.Index(fields=['tag', '-image'], name='tag_images'),
        ),
        migrations.AddConstraint(
            model_name='tagged',
            constraint=models.UniqueConstraint(fields=('image', 'tag'), name='image_tag_once'),
        ),
    ]
