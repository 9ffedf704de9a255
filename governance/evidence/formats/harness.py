"""lm-evaluation-harness: `samples_TASK_DATE.jsonl`, with the figures of `results_DATE.json`. Pure.

Written with `lm_eval --log_samples --output_path`; see docs/interface.md of EleutherAI/lm-evaluation-harness. A sample
that went through several filters stands once for each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import IO, Any

from governance.evidence.formats import json_lines
from governance.evidence.formats.table import Batch, Table, exact, figure, unreadable

PREFIX = "samples_"
FILTER = "filter"
REMEDY = "Give the results_DATE.json that lm_eval wrote beside the samples."


def read(file: IO[bytes]) -> Table:
    """Return the samples of a file, which says of each line that cannot be read."""
    table = json_lines.read(file)
    return replace(table, batches=lambda start: _checked(table.batches(start)))


def _checked(batches: Iterator[Batch]) -> Iterator[Batch]:
    for batch in batches:
        ids = batch.cells("doc_id")
        if None in ids:
            what = "there is no doc_id, so this is no sample of lm_eval."
            raise unreadable(batch.place(ids.index(None)), what, "Give samples_TASK_DATE.jsonl.")
        yield batch


def with_results(table: Table, results: bytes, *, task: str, filtered_by: str) -> Table:
    """Return `table` with the figures that the harness states for `task` under the filter `filtered_by`, and with when
    it began. Without a task's name the results must be of a single one. Raises Invalid."""
    try:
        document = exact(results.decode("utf-8"))
        figures = _figures(document["results"], task)
        began = document.get("date")
        measured_at = None if began is None else datetime.fromtimestamp(float(began), tz=UTC)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, OSError) as error:
        raise unreadable("results", f"these are no results of lm_eval: {error!r}.", REMEDY) from error
    ending = f",{filtered_by}"
    stated = {name.removesuffix(ending): figure(value) for name, value in figures.items() if name.endswith(ending)}
    claims = {name: said for name, said in stated.items() if said is not None}
    return replace(table, claims=claims, measured_at=measured_at)


def _figures(results: Mapping[str, Any], task: str) -> Mapping[str, Any]:
    if not task and len(results) != 1:
        named = ", ".join(sorted(results)[:20])
        raise unreadable("results", f"they are of several tasks: {named}.", "Name one as `task` in the mapping.")
    if task and task not in results:
        raise unreadable("results", f"there is no task {task!r} in them.", f"There are: {', '.join(sorted(results))}.")
    return dict(results[task or next(iter(results))])
