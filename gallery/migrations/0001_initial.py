
import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Project',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('archived_at', models.DateTimeField(blank=True, null=True)),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='projects_made', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': (django.db.models.functions.text.Lower('name'),),
            },
        ),
        migrations.CreateModel(
            name='Image',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('generate', 'made'), ('edit', 'edited'), ('upload', 'uploaded')], max_length=8)),
                ('prompt', models.TextField(blank=True)),
                ('options', models.JSONField(blank=True, default=dict, help_text='model, aspect_ratio and output_format as ordered')),
                ('job', models.UUIDField(blank=True, help_text='the order it was made by; none for an upload', null=True)),
                ('position', models.PositiveSmallIntegerField(default=0, help_text='its place in the order, from 0')),
                ('file_name', models.CharField(blank=True, help_text="an upload's own name; never used on disk", max_length=255)),
                ('format', models.CharField(choices=[('png', 'PNG'), ('jpeg', 'JPEG'), ('webp', 'WebP')], max_length=4)),
                ('width', models.PositiveIntegerField(help_text='pixels, as it is seen')),
                ('height', models.PositiveIntegerField(help_text='pixels, as it is seen')),
                ('size', models.PositiveBigIntegerField(help_text='bytes')),
                ('sha256', models.CharField(max_length=64)),
                ('ratio', models.CharField(help_text='the nearest of the ten shapes', max_length=5)),
                ('colour', models.PositiveSmallIntegerField(help_text='its main colour, one of 64 classes')),
                ('credits', models.PositiveIntegerField(default=0, help_text='what it cost')),
                ('private', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('trashed_at', models.DateTimeField(blank=True, null=True)),
                ('owner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='images', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='images', to='gallery.project')),
            ],
            options={
                'ordering': ('-id',),
            },
        ),
        migrations.CreateModel(
            name='Parent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField()),
                ('child', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='parent_links', to='gallery.image')),
                ('parent', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='child_links', to='gallery.image')),
            ],
            options={
                'ordering': ('child', 'position'),
                'constraints': [models.UniqueConstraint(fields=('child', 'position'), name='parent_once_per_place'), models.CheckConstraint(condition=models.Q(('child', models.F('parent')), _negated=True), name='parent_is_another'), models.CheckConstraint(condition=models.Q(('position__gte', 0)), name='parent_position')],
            },
        ),
        migrations.AddConstraint(
            model_name='project',
            constraint=models.UniqueConstraint(django.db.models.functions.text.Lower('name'), name='project_name_once', violation_error_message='There is a project of this name.'),
        ),
        migrations.AddConstraint(
            model_name='project',
            constraint=models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='project_has_name'),
        ),
        migrations.AddIndex(
            model_name='image',
            index=models.Index(condition=models.Q(('private', False), ('trashed_at', None)), fields=['-id'], name='image_team'),
        ),
        migrations.AddIndex(
            model_name='image',
            index=models.Index(condition=models.Q(('trashed_at', None)), fields=['owner', '-id'], name='image_mine'),
        ),
        migrations.AddIndex(
            model_name='image',
            index=models.Index(condition=models.Q(('trashed_at', None)), fields=['project', '-id'], name='image_project'),
        ),
        migrations.AddIndex(
            model_name='image',
            index=models.Index(fields=['sha256'], name='image_sha256'),
        ),
        migrations.AddConstraint(
            model_name='image',
            constraint=models.UniqueConstraint(fields=('job', 'position'), name='image_once_per_place'),
        ),
        migrations.AddConstraint(
            model_name='image',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'upload')), fields=('owner', 'sha256', 'private'), name='image_upload_once'),
        ),
        migrations.AddConstraint(
            model_name='image',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ('generate', 'edit', 'upload'))), name='image_kind'),
        ),
        migrations.AddConstraint(
            model_name='image',
            constraint=models.CheckConstraint(condition=models.Q(('format__in', ('png', 'jpeg', 'webp'))), name='image_format'),
        ),
        migrations.AddConstraint(
            model_name='image',
            constraint=models.CheckConstraint(condition=models.Q(('credits__gte', 0), ('height__gt', 0), ('position__gte', 0), ('size__gt', 0), ('width__gt', 0)), name='image_sizes'),
        ),
        migrations.AddConstraint(
            model_name='image',
            constraint=models.CheckConstraint(condition=django.db.models.lookups.Exact(django.db.models.functions.text.Length('sha256'), 64), name='image_sha256_length'),
        ),
        migrations.AddConstraint(
            model_name='image',
            constraint=models.CheckConstraint(condition=models.Q(('ratio__in', ('9-16', '2-3', '3-4', '4-5', '1-1', '5-4', '4-3', '3-2', '16-9', '21-9'))), name='image_ratio'),
        ),
        migrations.AddConstraint(
            model_name='image',
            constraint=models.CheckConstraint(condition=models.Q(('colour__range', (0, 63))), name='image_colour'),
        ),
        migrations.AddConstraint(
            model_name='image',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'upload'), _negated=True), models.Q(('credits', 0), ('job', None)), _connector='OR'), name='image_upload_costs_nothing'),
        ),
    ]
