"""Every node and every edge of the lineage in two database views, from what came first to what came of it.

A node is (kind, id of its row). `seen_at` is when Edgewise first saw it; a link that MLflow keeps in a field of one of
its ends is as old as the younger end. `asserted` is true where only a client said so, since MLflow checks hardly any of
it; false where Edgewise saw it itself: the version's files lie where the logged model's do, a copy has equal bytes.
"""

from __future__ import annotations

CREATE_VIEWS = """
CREATE VIEW lineage_node AS
    SELECT 'dataset' AS kind, id, first_seen_at AS seen_at, NULL::timestamptz AS vanished_at FROM lineage_dataset
UNION ALL
    SELECT 'run', id, first_seen_at, vanished_at FROM lineage_run
UNION ALL
    SELECT 'logged-model', id, first_seen_at, vanished_at FROM lineage_loggedmodel
UNION ALL
    SELECT 'version', id, first_seen_at, vanished_at FROM lineage_modelversion WHERE NOT is_prompt
UNION ALL
    SELECT 'prompt', id, first_seen_at, vanished_at FROM lineage_modelversion WHERE is_prompt;
CREATE VIEW lineage_edge AS
    SELECT 'dataset' AS from_kind, dataset_id AS from_id, 'run' AS to_kind, run_id AS to_id,
           'used' AS kind, context AS label, true AS asserted, first_seen_at AS seen_at
      FROM lineage_runinput
UNION ALL
    SELECT 'run', parent.id, 'run', child.id, 'parent-of', '', true, '-infinity'
      FROM lineage_run child
      JOIN lineage_run parent ON parent.server_id = child.server_id AND parent.run_id = child.parent_run_id
     WHERE child.parent_run_id <> ''
UNION ALL
    SELECT 'logged-model', logged_model_id, 'run', run_id, 'used', 'model', true, first_seen_at
      FROM lineage_runmodel WHERE role = 'input'
UNION ALL
    SELECT 'prompt', version_id, 'run', run_id, 'used', role, true, first_seen_at
      FROM lineage_versionuse WHERE run_id IS NOT NULL AND role = 'prompt'
UNION ALL
    SELECT 'prompt', version_id, 'logged-model', logged_model_id, 'used', role, true, first_seen_at
      FROM lineage_versionuse WHERE logged_model_id IS NOT NULL AND role = 'prompt'
UNION ALL
    SELECT 'version', version_id, 'run', run_id, 'used', role, true, first_seen_at
      FROM lineage_versionuse WHERE run_id IS NOT NULL AND role = 'base'
UNION ALL
    SELECT 'run', run.id, 'logged-model', logged.id, 'produced', '', true, '-infinity'
      FROM lineage_loggedmodel logged
      JOIN lineage_run run ON run.server_id = logged.server_id AND run.run_id = logged.source_run_id
     WHERE logged.source_run_id <> ''
UNION ALL
    SELECT 'run', output.run_id, 'logged-model', output.logged_model_id, 'produced', '', true, output.first_seen_at
      FROM lineage_runmodel output
      JOIN lineage_run run ON run.id = output.run_id
      JOIN lineage_loggedmodel logged ON logged.id = output.logged_model_id
     WHERE output.role = 'output' AND logged.source_run_id <> run.run_id
UNION ALL
    SELECT 'logged-model', logged.id, 'version', version.id, 'registered-as', '',
           logged.artifact_uri = '' OR logged.artifact_uri <> version.artifact_uri, '-infinity'
      FROM lineage_modelversion version JOIN lineage_loggedmodel logged ON logged.id = version.logged_model_id
UNION ALL
    SELECT 'run', run_id, 'version', id, 'produced', '', true, '-infinity'
      FROM lineage_modelversion WHERE run_id IS NOT NULL AND NOT is_prompt
UNION ALL
    SELECT 'version', copied_from_id, 'version', id, 'copied-to', '',
           coalesce((SELECT digest FROM lineage_modeldigest WHERE version_id = copy.id ORDER BY id DESC LIMIT 1)
                 <> (SELECT digest FROM lineage_modeldigest WHERE version_id = copy.copied_from_id
                      ORDER BY id DESC LIMIT 1), true), '-infinity'
      FROM lineage_modelversion copy WHERE copied_from_id IS NOT NULL
"""
DROP_VIEWS = "DROP VIEW IF EXISTS lineage_edge; DROP VIEW IF EXISTS lineage_node"
