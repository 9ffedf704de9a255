"""Every edge of the lineage in one database view, from what came first to what came of it, for recursive queries.

A node is (kind, id of its row). `asserted` is true where only a client said so, since MLflow checks hardly any of
it; false where Edgewise saw it itself: the version's files lie where the logged model's do, a copy has equal bytes.
"""

from __future__ import annotations

CREATE_VIEW = """
CREATE VIEW lineage_edge AS
    SELECT 'dataset' AS from_kind, dataset_id AS from_id, 'run' AS to_kind, run_id AS to_id,
           'used' AS kind, context AS label, true AS asserted
      FROM lineage_runinput
UNION ALL
    SELECT 'run', parent.id, 'run', child.id, 'parent-of', '', true
      FROM lineage_run child
      JOIN lineage_run parent ON parent.server_id = child.server_id AND parent.run_id = child.parent_run_id
     WHERE child.parent_run_id <> ''
UNION ALL
    SELECT 'logged-model', logged_model_id, 'run', run_id, 'used', 'model', true
      FROM lineage_runmodel WHERE role = 'input'
UNION ALL
    SELECT 'run', run_id, 'logged-model', logged_model_id, 'produced', '', true
      FROM lineage_runmodel WHERE role = 'output'
UNION ALL
    SELECT 'run', run.id, 'logged-model', logged.id, 'produced', '', true
      FROM lineage_loggedmodel logged
      JOIN lineage_run run ON run.server_id = logged.server_id AND run.run_id = logged.source_run_id
     WHERE logged.source_run_id <> ''
       AND NOT EXISTS (SELECT 1 FROM lineage_runmodel produced
                        WHERE produced.run_id = run.id AND produced.logged_model_id = logged.id
                          AND produced.role = 'output')
UNION ALL
    SELECT 'logged-model', logged.id, 'version', version.id, 'registered-as', '',
           logged.artifact_uri = '' OR logged.artifact_uri <> version.artifact_uri
      FROM lineage_modelversion version JOIN lineage_loggedmodel logged ON logged.id = version.logged_model_id
UNION ALL
    SELECT 'run', run_id, 'version', id, 'produced', '', true
      FROM lineage_modelversion WHERE run_id IS NOT NULL
UNION ALL
    SELECT 'version', copied_from_id, 'version', id, 'copied-to', '',
           coalesce((SELECT digest FROM lineage_modeldigest WHERE version_id = copy.id ORDER BY id DESC LIMIT 1)
                 <> (SELECT digest FROM lineage_modeldigest WHERE version_id = copy.copied_from_id
                      ORDER BY id DESC LIMIT 1), true)
      FROM lineage_modelversion copy WHERE copied_from_id IS NOT NULL
"""
