import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


def queue_as_ordered(apps, _schema_editor):
    """What waited before stands where it stood."""
    apps.get_model("jobs", "Job").objects.update(queued_at=models.F("ordered_at"))


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0008_what_pages_ask_all_the_time'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='LookPace',
            fields=[
                ('api', models.CharField(max_length=200, primary_key=True, serialize=False)),
                ('every', models.FloatField(default=0, help_text='seconds from one look to the next; 0 when as many as we like')),
                ('next_at', models.DateTimeField(help_text='the next look may be taken from here on', null=True)),
                ('refused_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.RemoveIndex(
            model_name='job',
            name='jobs_job_state_24ca50_idx',
        ),
        migrations.AddField(
            model_name='job',
            name='alarmed',
            field=models.PositiveSmallIntegerField(default=0, help_text='paid and not home for this many hours when admins were last told'),
        ),
        migrations.AddField(
            model_name='job',
            name='first_at',
            field=models.DateTimeField(help_text='when an admin moved it to the head of the line', null=True),
        ),
        migrations.AddField(
            model_name='job',
            name='first_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='job',
            name='looked_at',
            field=models.DateTimeField(help_text='when a look last said that it was not ready', null=True),
        ),
        migrations.AddField(
            model_name='job',
            name='queued_at',
            field=models.DateTimeField(default=django.utils.timezone.now, help_text="its place among its owner's orders; to reorder them is to swap these"),
        ),
        migrations.AddField(
            model_name='job',
            name='took',
            field=models.FloatField(help_text='seconds from sent to ready, as near as the looks could tell', null=True),
        ),
        migrations.AddField(
            model_name='line',
            name='per_minute',
            field=models.PositiveSmallIntegerField(help_text='submits a minute as an admin set them; else as configured', null=True),
        ),
        migrations.AddField(
            model_name='line',
            name='per_minute_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='line',
            name='per_minute_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='job',
            index=models.Index(fields=['state', 'queued_at'], name='jobs_job_state_69e138_idx'),
        ),
        migrations.AddIndex(
            model_name='job',
            index=models.Index(condition=models.Q(('took__isnull', False)), fields=['api', 'model_name', 'made', 'asked', '-sent_at'], name='job_took'),
        ),
        migrations.RunPython(queue_as_ordered, migrations.RunPython.noop, elidable=True),
    ]
