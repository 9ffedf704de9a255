"""Rows of the record as an export tells them: evaluations, gate reports, candidates with what became of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from governance.approvals import models as approvals
from governance.evidence import models as evidence
from governance.exports.extract import (
    Approval,
    Cell,
    Criterion,
    Decision,
    Evaluation,
    Figure,
    Judgement,
    Release,
    SignOff,
    Specification,
)
from governance.exports.things import Thing, rfc3339
from governance.gates.models import GateReport


def evaluation(row: evidence.EvaluationRun, *, version: Thing) -> Evaluation:
    """Return an evaluation of `version` with its figures; who evaluated is a name, and stays here."""
    return Evaluation(
        digest=row.digest,
        run=row.run_id,
        version=version,
        specification=row.specification.digest,
        level=row.level,
        cases=row.cases,
        table=row.table_digest,
        evaluated_at=rfc3339(row.evaluated_at),
        datasets=tuple({key: str(text) for key, text in used.items()} for used in row.datasets),
        read_by=str(row.read_by_id),
        read_at=rfc3339(row.read_at),
        figures=tuple(sorted(map(_figure, row.observations.all()), key=lambda figure: figure.place)),
    )


def judgement(report: GateReport, *, version: Thing, system: str) -> Judgement:
    """Return what a gate report of `system` says of `version`, cell by cell; no verdict is added up to another."""
    rests_on = report.specification
    return Judgement(
        digest=report.digest,
        version=version,
        context=report.context_key,
        specification=Specification(
            system=system,
            version=rests_on.version,
            digest=rests_on.digest,
            ratified_at=rfc3339(rests_on.ratified_at),
            outcome=rests_on.deliberation.outcome.digest,
        ),
        verdict=report.verdict,
        judged_at=rfc3339(report.judged_at),
        judged_by=str(report.judged_by_id),
        evidence=tuple(sorted({digest for _, digest in report.evidence})),
        cells=tuple(
            _cell(row, cell, context=report.context_key)
            for row in report.content()["criteria"]
            for cell in row["cells"]
        ),
    )


def release(revision: approvals.CandidateRevision, *, version: Thing) -> Release:
    """Return a candidate's revision with its sign-offs, decision and approval; reasons are sealed, and stay here."""
    decision: approvals.Decision | None = getattr(revision, "decision", None)
    approval: approvals.Approval | None = getattr(decision, "approval", None)
    return Release(
        candidate=revision.candidate_id,
        revision=revision.number,
        digest=revision.digest,
        version=version,
        context=revision.candidate.context_key,
        judgement=revision.report.digest,
        made_by=str(revision.made_by_id),
        made_at=rfc3339(revision.made_at),
        sign_offs=tuple(_sign_off(row) for row in revision.sign_offs.order_by("pk")),
        decision=_decision(decision) if decision else None,
        approval=_approval(approval) if approval else None,
    )


def times(made: Release) -> Iterator[str]:
    """Yield when each part of a release was recorded."""
    yield made.made_at
    yield from (signed.at for signed in made.sign_offs)
    yield from (made.decision.at,) if made.decision else ()
    yield from (made.approval.ended_at,) if made.approval else ()


def _figure(row: evidence.Observation) -> Figure:
    said = row.document
    bounded = said["low"] is not None and said["high"] is not None
    return Figure(
        dimension=row.dimension,
        metric=row.metric,
        aggregate=row.aggregate,
        group=row.group_key,
        context=row.context_key,
        estimate=row.estimate,
        n=row.n,
        low=said["low"] if bounded else "",
        high=said["high"] if bounded else "",
        interval=f"{said['method']}, each bound at alpha {said['alpha']}" if bounded else "",
    )


def _cell(row: dict[str, Any], cell: dict[str, Any], *, context: str) -> Cell:
    interval = cell["interval"] or {"low": "", "high": "", "name": ""}
    figure = Figure(
        dimension=row["dimension"],
        metric=row["metric"],
        aggregate=row["aggregate"],
        group=cell["group"],
        context=context,
        estimate=cell["estimate"] or "",
        n=cell["n"] or 0,
        low=interval["low"],
        high=interval["high"],
        interval=interval["name"],
    )
    criterion = Criterion(
        dimension=row["dimension"],
        dimension_name=row["dimension_name"],
        tier=row["tier"],
        metric=row["metric"],
        aggregate=row["aggregate"],
        asked=f"{row['comparator']} {row['threshold']}",
        unit=row["unit"],
    )
    return Cell(criterion=criterion, group=cell["group"], verdict=cell["verdict"], reason=cell["reason"], figure=figure)


def _sign_off(row: approvals.SignOff) -> SignOff:
    return SignOff(
        actor=str(row.user_id), role=row.role, group=row.group_key, stance=row.stance, at=rfc3339(row.signed_at)
    )


def _decision(row: approvals.Decision) -> Decision:
    return Decision(digest=row.digest, outcome=row.outcome, by=str(row.decided_by_id), at=rfc3339(row.decided_at))


def _approval(row: approvals.Approval) -> Approval:
    ending = getattr(row, "ending", None)
    return Approval(
        id=row.pk,
        statement=row.statement_digest,
        valid_from=rfc3339(row.valid_from),
        valid_until=rfc3339(row.valid_until),
        ended=ending.state if ending else "",
        ended_at=rfc3339(ending.ended_at) if ending else "",
    )
