
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('credits', '0009_entries_of_a_member_on_a_project'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='creditrequest',
            name='an_answer_has_a_name',
        ),
        migrations.AddField(
            model_name='creditrequest',
            name='told_at',
            field=models.DateTimeField(help_text='when a mail about it was written to the admins', null=True),
        ),
        migrations.AlterField(
            model_name='creditrequest',
            name='answer',
            field=models.CharField(blank=True, choices=[('', 'Open'), ('yes', 'Yes'), ('no', 'No'), ('withdrawn', 'Withdrawn')], default='', max_length=9),
        ),
        migrations.AddConstraint(
            model_name='creditrequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('amount', 0), ('answer', ''), ('answered_at', None), ('answered_by', None)), models.Q(('amount', 0), ('answer', 'withdrawn'), ('answered_at__isnull', False), ('answered_by', None)), models.Q(('amount__gt', 0), ('answer', 'yes'), ('answered_at__isnull', False), ('answered_by__isnull', False)), models.Q(('amount', 0), ('answer', 'no'), ('answered_at__isnull', False), ('answered_by__isnull', False), models.Q(('reason', ''), _negated=True)), _connector='OR'), name='an_answer_has_a_name'),
        ),
    ]
