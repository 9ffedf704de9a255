"""Traces of an MLflow run with what people, code and judges said of them: one row for each piece of feedback. Pure.

What `mlflow.genai.evaluate` leaves behind, and what reviewers add to it in MLflow's own interface.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from governance.evidence.formats.table import Cell, Row, Table, batches_of, unreadable
from lineage.snapshots import AssessmentSnapshot, TraceSnapshot

MODEL = "mlflow.modelId"
CASE = "mlflow.eval.requestId"
WORDS = {"yes": True, "no": False}
"""What judges of MLflow answer with."""


def table(traces: Sequence[TraceSnapshot], *, model_id: str) -> Table:
    """Return a row for each feedback: `trace`, `request`, `state`, `metric`, `value`, `rater`, `source`, `tags.NAME`
    and `metadata.NAME`. A trace without any has a row without a value.

    Raises Invalid for a run without traces, and for a trace of another model than `model_id`.
    """
    for trace in traces:
        if trace.metadata.get(MODEL, model_id) != model_id:
            what = f"it is of the model {trace.metadata[MODEL]}."
            raise unreadable(f"trace {trace.trace_id}", what, "Keep one model to a run.")
    rows = [(trace, row) for trace in traces for row in _rows(trace)]
    places = [f"trace {trace.trace_id}" for trace, _ in rows]
    return Table(batches=batches_of([row for _, row in rows], places))


def _rows(trace: TraceSnapshot) -> Iterator[Row]:
    about: dict[str, Cell] = {
        "trace": trace.trace_id,
        "request": trace.client_request_id or trace.tags.get(CASE) or trace.trace_id,
        "state": trace.state,
        **{f"tags.{name}": value for name, value in trace.tags.items()},
        **{f"metadata.{name}": value for name, value in trace.metadata.items()},
    }
    said = [assessment for assessment in trace.assessments if assessment.is_feedback]
    for assessment in said:
        yield {**about, **_feedback(assessment)}
    if not said:
        yield {**about, "metric": None, "value": None, "rater": None, "source": None}


def _feedback(assessment: AssessmentSnapshot) -> Row:
    return {
        "metric": assessment.name,
        "value": _value(assessment.value),
        "rater": assessment.source_id,
        "source": assessment.source_type,
    }


def _value(value: object) -> Cell:
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return Decimal(repr(value))
    return WORDS.get(value.lower(), value) if isinstance(value, str) else None
