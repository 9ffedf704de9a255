from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

from governance import guards

LEAF_COLUMNS_OF_THE_DATABASE = """
    ALTER TABLE audit_leaf
        ADD COLUMN xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
        ADD COLUMN leaf_hash bytea NOT NULL GENERATED ALWAYS AS (sha256('\\x00'::bytea || entry)) STORED;
    CREATE INDEX leaf_xid ON audit_leaf (xid);
    ALTER TABLE audit_tile ALTER COLUMN hashes SET STORAGE EXTERNAL;
"""
SEALED_FIELDS_ARE_ERASED_NEVER_CHANGED = """
    REVOKE UPDATE ON audit_sealedfield FROM "{role}";
    CREATE TRIGGER audit_sealedfield_never_changed BEFORE UPDATE OR TRUNCATE ON audit_sealedfield
        FOR EACH STATEMENT EXECUTE FUNCTION edgewise_refuse_change();
    ALTER TABLE audit_sealedfield ENABLE ALWAYS TRIGGER audit_sealedfield_never_changed;
"""
THE_ONE_ROW_OF_THE_SEQUENCER = """
    INSERT INTO audit_sequencerstate (id, size, snapshot, cluster, restored_upto) VALUES (1, 0, '', '', 0);
    REVOKE INSERT ON audit_sequencerstate FROM "{role}";
"""


def as_owner(statements: str) -> migrations.RunSQL:
    role = guards.settings.DATABASE_APPLICATION_ROLE
    return migrations.RunSQL(statements.format(role=role), reverse_sql=migrations.RunSQL.noop)


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        guards.grant_application(),
        migrations.CreateModel(
            name="Leaf",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("subject", models.TextField()),
                ("system", models.TextField(blank=True)),
                ("type", models.TextField()),
                ("actor", models.TextField()),
                ("at", models.DateTimeField()),
                ("entry", models.BinaryField()),
            ],
            options={"indexes": [models.Index(fields=["subject", "id"], name="leaf_subject")]},
        ),
        migrations.CreateModel(
            name="SealedField",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.TextField()),
                ("salt", models.BinaryField()),
                ("value", models.BinaryField()),
                (
                    "leaf",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="sealed_fields", to="audit.leaf"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("leaf", "name"), name="sealed_field_once")],
            },
        ),
        migrations.CreateModel(
            name="LeafIndex",
            fields=[
                ("index", models.BigIntegerField(primary_key=True, serialize=False)),
                (
                    "leaf",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="position",
                        to="audit.leaf",
                    ),
                ),
                ("leaf_hash", models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name="Tile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("level", models.SmallIntegerField()),
                ("index", models.BigIntegerField()),
                ("root", models.BinaryField()),
                ("hashes", models.BinaryField()),
            ],
            options={"constraints": [models.UniqueConstraint(fields=("level", "index"), name="tile_once")]},
        ),
        migrations.CreateModel(
            name="TreeHead",
            fields=[
                ("size", models.BigIntegerField(primary_key=True, serialize=False)),
                ("root", models.BinaryField()),
                ("note", models.BinaryField()),
                ("published_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="SequencerState",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("size", models.BigIntegerField(default=0)),
                ("snapshot", models.TextField(blank=True)),
                ("cluster", models.TextField(blank=True)),
                ("restored_upto", models.BigIntegerField(default=0)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("pk", 1)), name="sequencer_state_is_one_row")
                ],
            },
        ),
        as_owner(LEAF_COLUMNS_OF_THE_DATABASE),
        guards.append_only("audit_leaf", columns=["subject", "system", "type", "actor", "at", "entry"]),
        guards.append_only("audit_leafindex", columns=["index", "leaf_id", "leaf_hash"]),
        guards.append_only("audit_tile", columns=["level", "index", "root", "hashes"]),
        guards.append_only("audit_treehead", columns=["size", "root", "note", "published_at"]),
        as_owner(SEALED_FIELDS_ARE_ERASED_NEVER_CHANGED),
        as_owner(THE_ONE_ROW_OF_THE_SEQUENCER),
        guards.never_deleted("audit_sequencerstate"),
    ]
