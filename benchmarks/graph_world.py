"""Rows of a mirror with a million nodes and three million edges, made by the database itself.

Eighty-four projects that know nothing of each other, each with the same shape: runs train on datasets, refine models
that were logged a little earlier, and stand under runs that were started a little earlier; models become versions, and
versions are copied.
"""

from __future__ import annotations

from django.db import connections

PROJECTS, DATASETS, RUNS, MODELS, VERSIONS = 84, 600, 5400, 3600, 2400
"""How many projects, and how many of each kind in one of them: 12 000 nodes, and some 36 000 edges."""
NEAR = 100
"""How far back a run reaches for the models that it refines, and for the run above it."""
ROWS = """
SELECT setseed(0.5);
INSERT INTO lineage_trackingserver (id, key, url, state, last_error) VALUES (1, 'main', 'http://127.0.0.1:9', '', '');
INSERT INTO lineage_registeredmodel (id, server_id, name, created_ms, description, tags, is_hidden, first_seen_at)
    SELECT p, 1, 'model-' || p, 1, '', '{{}}', false, '2026-01-01' FROM generate_series(1, {projects}) p;
INSERT INTO lineage_dataset (id, server_id, fingerprint, name, digest, source_type, source, schema, profile,
                             first_seen_at)
    SELECT n, 1, md5(n::text), 'data-' || n, left(md5(n::text), 8), 'local', '', '', '', '2026-01-01'
      FROM generate_series(1, {projects} * {datasets}) n;
INSERT INTO lineage_run (id, server_id, run_id, parent_run_id, experiment_id, name, "user", status, source_name,
                         git_commit, git_repository, artifact_uri, tags, params, metrics, inputs_read, first_seen_at)
    SELECT n, 1, 'run-' || n,
           CASE WHEN random() < 0.6 AND (n - 1) % {runs} > {near} THEN 'run-' || n - 1 - floor(random() * {near})::int
                ELSE '' END,
           'x', '', 'somebody', 'FINISHED', '', md5((n / 10)::text), '', '', '{{}}', '{{}}', '{{}}', true, '2026-01-01'
      FROM generate_series(1, {projects} * {runs}) n;
INSERT INTO lineage_loggedmodel (id, server_id, model_id, experiment_id, name, source_run_id, artifact_uri, status,
                                 model_type, created_ms, is_external, tags, params, metrics, first_seen_at)
    SELECT n, 1, 'm-' || n, 'x', '', 'run-' || (n - 1) / {models} * {runs} + 1 + (n - 1) % {models} * {runs} / {models},
           'models/' || n, 'READY', '', 1, false, '{{}}', '{{}}', '[]', '2026-01-01'
      FROM generate_series(1, {projects} * {models}) n;
INSERT INTO lineage_modelversion (id, registered_model_id, version, created_ms, source_run_id, run_id, logged_model_id,
                                  copied_from_id, source, artifact_uri, status, stage, description, tags, is_hidden,
                                  hashing_problem, first_seen_at)
    SELECT n, 1 + (n - 1) / {versions}, n::text, 1, run, replace(run, 'run-', '')::bigint, model,
           CASE WHEN random() < 0.7 AND (n - 1) % {versions} > {near} THEN n - 1 - floor(random() * {near})::int END,
           'models:/m-' || model, 'models/' || model, 'READY', '', '', '{{}}', false, '', '2026-01-01'
      FROM (SELECT n, logged.id AS model, logged.source_run_id AS run
              FROM generate_series(1, {projects} * {versions}) n
              JOIN lineage_loggedmodel logged
                ON logged.id = (n - 1) / {versions} * {models} + 1 + (n - 1) % {versions} * {models} / {versions}) made;
INSERT INTO lineage_runinput (run_id, dataset_id, context)
    SELECT r, (r - 1) / {runs} * {datasets} + 1 + floor(random() * {datasets})::int, context
      FROM generate_series(1, {projects} * {runs}) r, unnest(ARRAY['training', 'validation', 'eval']) context;
INSERT INTO lineage_runmodel (run_id, logged_model_id, role)
    SELECT r, (r - 1) / {runs} * {models} + position, 'input'
      FROM (SELECT r, (r - 1) % {runs} * {models} / {runs} - k * {near} / 2 - floor(random() * {near} / 2)::int
                   AS position
              FROM generate_series(1, {projects} * {runs}) r, generate_series(0, 1) k
             WHERE k = 0 OR random() < 0.5) reach
     WHERE position > 0;
ANALYZE;
"""


def fill(projects: int = PROJECTS) -> None:
    """Write all rows of `projects` projects as the owner of the database."""
    sizes = {"datasets": DATASETS, "runs": RUNS, "models": MODELS, "versions": VERSIONS, "near": NEAR}
    with connections["owner"].cursor() as cursor:
        cursor.execute(ROWS.format(projects=projects, **sizes))
