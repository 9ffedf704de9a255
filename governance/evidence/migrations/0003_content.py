from __future__ import annotations

from django.db import migrations, models

from governance import guards


class Migration(migrations.Migration):
    dependencies = [("evidence", "0002_guards")]

    operations = [
        migrations.AddField(model_name="evaluationrun", name="content", field=models.JSONField(null=True)),
        migrations.AddField(model_name="evaluationrun", name="missing", field=models.JSONField(default=list)),
        guards.also_inserted("evidence_evaluationrun", columns=["content", "missing"]),
    ]
