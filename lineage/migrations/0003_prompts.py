import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from lineage.edges import CREATE_VIEWS, DROP_VIEWS


class Migration(migrations.Migration):

    dependencies = [
        ('lineage', '0002_hooks'),
    ]

    operations = [
        # An installation that is older has the views of before.
        migrations.RunSQL(DROP_VIEWS, reverse_sql=migrations.RunSQL.noop),
        migrations.CreateModel(
            name='Experiment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('experiment_id', models.CharField(max_length=64)),
                ('name', models.CharField(max_length=500)),
                ('stage', models.CharField(blank=True, max_length=32)),
                ('first_seen_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='VersionUse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('prompt', 'Prompt'), ('base', 'Base')], max_length=8)),
                ('first_seen_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.AddField(
            model_name='modelversion',
            name='is_prompt',
            field=models.BooleanField(db_default=False, default=False, help_text='Tagged so, and without files.'),
        ),
        migrations.AddField(
            model_name='modelversion',
            name='made_from',
            field=models.CharField(blank=True, db_default='', help_text='As its MLmodel file says.', max_length=500),
        ),
        migrations.AddIndex(
            model_name='modelversion',
            index=models.Index(condition=models.Q(('is_prompt', True)), fields=['registered_model'], name='lineage_prompt_versions'),
        ),
        migrations.AddField(
            model_name='experiment',
            name='server',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='experiments', to='lineage.trackingserver'),
        ),
        migrations.AddField(
            model_name='versionuse',
            name='logged_model',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='versions_used', to='lineage.loggedmodel'),
        ),
        migrations.AddField(
            model_name='versionuse',
            name='run',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='versions_used', to='lineage.run'),
        ),
        migrations.AddField(
            model_name='versionuse',
            name='version',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='uses', to='lineage.modelversion'),
        ),
        migrations.AddConstraint(
            model_name='experiment',
            constraint=models.UniqueConstraint(fields=('server', 'experiment_id'), name='lineage_experiment_identity'),
        ),
        migrations.AddConstraint(
            model_name='versionuse',
            constraint=models.CheckConstraint(condition=models.Q(('run', None), ('logged_model', None), _connector='XOR'), name='lineage_version_use_by_run_or_logged_model'),
        ),
        migrations.AddConstraint(
            model_name='versionuse',
            constraint=models.UniqueConstraint(condition=models.Q(('logged_model', None)), fields=('run', 'version', 'role'), name='lineage_version_use_by_run_once'),
        ),
        migrations.AddConstraint(
            model_name='versionuse',
            constraint=models.UniqueConstraint(condition=models.Q(('run', None)), fields=('logged_model', 'version', 'role'), name='lineage_version_use_by_logged_model_once'),
        ),
        migrations.RunSQL(CREATE_VIEWS, reverse_sql=DROP_VIEWS),
    ]
