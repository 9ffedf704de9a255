from __future__ import annotations

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from governance import guards


class Migration(migrations.Migration):
    initial = True

    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="LoggedModel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("model_id", models.CharField(max_length=64)),
                ("experiment_id", models.CharField(blank=True, max_length=64)),
                ("name", models.CharField(blank=True, max_length=500)),
                ("source_run_id", models.CharField(blank=True, db_index=True, max_length=64)),
                ("artifact_uri", models.TextField(blank=True)),
                ("status", models.CharField(blank=True, max_length=32)),
                ("model_type", models.CharField(blank=True, max_length=500)),
                ("created_ms", models.BigIntegerField(default=0)),
                ("is_external", models.BooleanField(default=False)),
                ("tags", models.JSONField(default=dict)),
                ("params", models.JSONField(default=dict)),
                (
                    "metrics",
                    models.JSONField(
                        default=list, help_text="key, value (decimal string), run_id, dataset name and digest"
                    ),
                ),
                ("first_seen_at", models.DateTimeField()),
                ("vanished_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="RegisteredModel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=500)),
                ("created_ms", models.BigIntegerField()),
                ("description", models.TextField(blank=True)),
                ("tags", models.JSONField(default=dict)),
                (
                    "is_hidden",
                    models.BooleanField(
                        default=False, help_text="Tagged so that the registry's default search omits it."
                    ),
                ),
                ("first_seen_at", models.DateTimeField()),
                (
                    "read_at",
                    models.DateTimeField(null=True, help_text="When its versions, tags and aliases were last read."),
                ),
                ("vanished_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Run",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("run_id", models.CharField(max_length=64)),
                ("parent_run_id", models.CharField(blank=True, db_index=True, max_length=64)),
                ("experiment_id", models.CharField(blank=True, max_length=64)),
                ("name", models.CharField(blank=True, max_length=500)),
                ("user", models.CharField(blank=True, max_length=256)),
                ("status", models.CharField(blank=True, max_length=32)),
                ("started_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("source_name", models.TextField(blank=True)),
                ("git_commit", models.CharField(blank=True, db_index=True, max_length=128)),
                ("git_repository", models.TextField(blank=True)),
                ("artifact_uri", models.TextField(blank=True)),
                ("tags", models.JSONField(default=dict)),
                ("params", models.JSONField(default=dict)),
                ("metrics", models.JSONField(default=dict, help_text="Latest value of each metric, a decimal string.")),
                (
                    "inputs_read",
                    models.BooleanField(
                        default=False,
                        help_text="Whether the models that it used were read, which MLflow's search does not show.",
                    ),
                ),
                ("first_seen_at", models.DateTimeField()),
                ("vanished_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="TrackingServer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.SlugField(max_length=64, unique=True)),
                ("url", models.URLField(max_length=500)),
                (
                    "state",
                    models.CharField(
                        choices=[("unknown", "Unknown"), ("reachable", "Reachable"), ("unreachable", "Unreachable")],
                        default="unknown",
                        max_length=16,
                    ),
                ),
                ("last_error", models.TextField(blank=True)),
                ("last_synchronised_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="ModelVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.CharField(max_length=32)),
                ("created_ms", models.BigIntegerField()),
                (
                    "source_run_id",
                    models.CharField(blank=True, help_text="As registered; it may not exist.", max_length=64),
                ),
                ("source", models.TextField(blank=True)),
                ("artifact_uri", models.TextField(blank=True)),
                ("status", models.CharField(blank=True, max_length=32)),
                ("stage", models.CharField(blank=True, max_length=32)),
                ("description", models.TextField(blank=True)),
                ("tags", models.JSONField(default=dict)),
                (
                    "is_hidden",
                    models.BooleanField(default=False, help_text="Tagged as a prompt: the default search omits it."),
                ),
                ("first_seen_at", models.DateTimeField()),
                ("vanished_at", models.DateTimeField(null=True)),
                (
                    "lineage_read_at",
                    models.DateTimeField(help_text="When what it came from was last read.", null=True),
                ),
                (
                    "digest_checked_at",
                    models.DateTimeField(help_text="When Edgewise last hashed the files itself.", null=True),
                ),
                (
                    "hashing_since",
                    models.DateTimeField(help_text="Since when Edgewise is hashing the files again.", null=True),
                ),
                (
                    "hashing_problem",
                    models.TextField(
                        blank=True, help_text="Why the last attempt to hash the files came to nothing."
                    ),
                ),
                (
                    "hashing_failed_at",
                    models.DateTimeField(help_text="When that was, if not for want of an answer.", null=True),
                ),
                (
                    "copied_from",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="copies",
                        to="lineage.modelversion",
                    ),
                ),
                (
                    "logged_model",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="lineage.loggedmodel",
                    ),
                ),
                (
                    "registered_model",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="lineage.registeredmodel",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="lineage.run",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ModelDigest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(db_index=True, max_length=64)),
                ("manifest", models.JSONField()),
                ("total_bytes", models.BigIntegerField()),
                ("artifact_uri", models.TextField()),
                ("computed_at", models.DateTimeField()),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="digests", to="lineage.modelversion"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ModelSignature",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("content", models.BinaryField()),
                ("seen_at", models.DateTimeField()),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="signatures",
                        to="lineage.modelversion",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SyncReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("running", "Running"),
                            ("succeeded", "Succeeded"),
                            ("failed", "Failed"),
                            ("interrupted", "Interrupted"),
                        ],
                        default="running",
                        max_length=16,
                    ),
                ),
                ("percent", models.PositiveSmallIntegerField(default=0)),
                ("what", models.CharField(blank=True, max_length=300)),
                ("counts", models.JSONField(default=dict)),
                (
                    "findings",
                    models.JSONField(default=list, help_text="Tags that changed and things that were hidden."),
                ),
                (
                    "problems",
                    models.JSONField(default=list, help_text="Versions whose files could not be hashed, and why."),
                ),
                ("error", models.TextField(blank=True)),
                ("digest", models.CharField(blank=True, max_length=64)),
                (
                    "carried_into",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="carried",
                        to="lineage.syncreport",
                    ),
                ),
                (
                    "server",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="reports", to="lineage.trackingserver"
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="registeredmodel",
            name="vanished_in",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="vanished_models",
                to="lineage.syncreport",
            ),
        ),
        migrations.AddField(
            model_name="modelversion",
            name="found_in",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="found_versions",
                to="lineage.syncreport",
            ),
        ),
        migrations.AddField(
            model_name="modelversion",
            name="vanished_in",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="vanished_versions",
                to="lineage.syncreport",
            ),
        ),
        migrations.CreateModel(
            name="AliasChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("alias", models.CharField(max_length=256)),
                ("seen_at", models.DateTimeField()),
                (
                    "after",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="alias_gains",
                        to="lineage.modelversion",
                    ),
                ),
                (
                    "before",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="alias_losses",
                        to="lineage.modelversion",
                    ),
                ),
                (
                    "registered_model",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="alias_changes",
                        to="lineage.registeredmodel",
                    ),
                ),
                (
                    "report",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="alias_changes",
                        to="lineage.syncreport",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="run",
            name="server",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="runs", to="lineage.trackingserver"
            ),
        ),
        migrations.AddField(
            model_name="registeredmodel",
            name="server",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="registered_models",
                to="lineage.trackingserver",
            ),
        ),
        migrations.AddField(
            model_name="loggedmodel",
            name="server",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="logged_models", to="lineage.trackingserver"
            ),
        ),
        migrations.CreateModel(
            name="Dataset",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("fingerprint", models.CharField(max_length=64)),
                ("name", models.CharField(db_index=True, max_length=500)),
                ("digest", models.CharField(db_index=True, max_length=64)),
                ("source_type", models.CharField(blank=True, max_length=64)),
                ("source", models.TextField(blank=True)),
                ("schema", models.TextField(blank=True)),
                ("profile", models.TextField(blank=True)),
                ("first_seen_at", models.DateTimeField()),
                (
                    "server",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="datasets",
                        to="lineage.trackingserver",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Alias",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=256)),
                ("seen_at", models.DateTimeField()),
                (
                    "version",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="aliases",
                        to="lineage.modelversion",
                    ),
                ),
                (
                    "registered_model",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="aliases",
                        to="lineage.registeredmodel",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("registered_model", "name"), name="lineage_alias_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="RunInput",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("context", models.CharField(blank=True, max_length=250)),
                ("first_seen_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "dataset",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="uses", to="lineage.dataset"
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="inputs", to="lineage.run"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("run", "dataset", "context"), name="lineage_run_input_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="RunModel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("role", models.CharField(choices=[("input", "Input"), ("output", "Output")], max_length=8)),
                ("first_seen_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "logged_model",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="runs", to="lineage.loggedmodel"
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="models", to="lineage.run"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("run", "logged_model", "role"), name="lineage_run_model_once")
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="modelversion",
            constraint=models.UniqueConstraint(
                fields=("registered_model", "version", "created_ms"), name="lineage_model_version_identity"
            ),
        ),
        migrations.AddConstraint(
            model_name="modelversion",
            constraint=models.UniqueConstraint(
                condition=models.Q(("vanished_at", None)),
                fields=("registered_model", "version"),
                name="lineage_model_version_one_living",
            ),
        ),
        migrations.AddIndex(
            model_name="aliaschange",
            index=models.Index(fields=["registered_model", "alias", "id"], name="lineage_ali_registe_67c358_idx"),
        ),
        migrations.AddIndex(
            model_name="syncreport",
            index=models.Index(fields=["server", "-started_at"], name="lineage_syn_server__347895_idx"),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.UniqueConstraint(fields=("server", "run_id"), name="lineage_run_identity"),
        ),
        migrations.AddConstraint(
            model_name="registeredmodel",
            constraint=models.UniqueConstraint(
                fields=("server", "name", "created_ms"), name="lineage_registered_model_identity"
            ),
        ),
        migrations.AddConstraint(
            model_name="registeredmodel",
            constraint=models.UniqueConstraint(
                condition=models.Q(("vanished_at", None)),
                fields=("server", "name"),
                name="lineage_registered_model_one_living",
            ),
        ),
        migrations.AddConstraint(
            model_name="loggedmodel",
            constraint=models.UniqueConstraint(fields=("server", "model_id"), name="lineage_logged_model_identity"),
        ),
        migrations.AddConstraint(
            model_name="dataset",
            constraint=models.UniqueConstraint(fields=("server", "fingerprint"), name="lineage_dataset_identity"),
        ),
        migrations.CreateModel(
            name="StateChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("tag", "Tag"),
                            ("description", "Description"),
                            ("stage", "Stage"),
                            ("status", "Status"),
                            ("source", "Source"),
                            ("name", "Name"),
                            ("existence", "Existence"),
                        ],
                        max_length=16,
                    ),
                ),
                ("key", models.TextField(blank=True, help_text="The tag's key.")),
                ("before", models.TextField(null=True)),
                ("after", models.TextField(null=True)),
                ("seen_at", models.DateTimeField()),
                (
                    "registered_model",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="state_changes",
                        to="lineage.registeredmodel",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="state_changes",
                        to="lineage.modelversion",
                    ),
                ),
                (
                    "report",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="state_changes",
                        to="lineage.syncreport",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["registered_model", "version", "-id"], name="lineage_sta_registe_acb3c4_idx")],
            },
        ),
        guards.never_deleted("lineage_registeredmodel"),
        guards.never_deleted("lineage_modelversion"),
        guards.append_only(
            "lineage_aliaschange",
            columns=["registered_model_id", "report_id", "alias", "before_id", "after_id", "seen_at"],
        ),
        guards.append_only(
            "lineage_statechange",
            columns=["registered_model_id", "version_id", "report_id", "what", "key", "before", "after", "seen_at"],
        ),
        guards.append_only(
            "lineage_modeldigest",
            columns=["version_id", "digest", "manifest", "total_bytes", "artifact_uri", "computed_at"],
        ),
        guards.append_only("lineage_modelsignature", columns=["version_id", "content", "seen_at"]),
    ]
