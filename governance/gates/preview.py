"""What the gate would say of evidence that a report was given, under a specification that nobody ratified yet. Pure.

Only a preview: once that specification is ratified, the gate asks for evidence that was measured afterwards.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from governance.gates import engine, inputs
from governance.gates.inputs import Stored
from governance.gates.report import GateReport
from governance.specs.clauses import Specification
from governance.specs.effective import effective


def preview(
    section: Mapping[str, Any],
    *,
    specification: Specification,
    approved_metrics: Collection[str],
    regrouped: Collection[str] = (),
    rederived: Collection[str] = (),
) -> GateReport:
    """Return the report on the `inputs` section of another report if `specification` had been in force instead.

    `approved_metrics` are those of its metrics that have an approved provenance sheet. What was observed of the groups
    `regrouped`, whose cases are chosen in another way by now, and of the metrics `rederived`, which are derived in
    another way, is left out.
    Raises Invalid for a section that cannot be read.
    """
    given = inputs.read(section)

    def kept(observations: Stored) -> Stored:
        return [o for o in observations if o["group"] not in regrouped and o["metric"] not in rederived]

    return engine.judge(
        effective=effective(specification, given.context),
        subject=given.subject,
        observations=kept(section["observations"]),
        incumbent=None if given.incumbent is None else kept(section["incumbent"]),
        siblings=kept(section["siblings"]),
        # A signal may count some groups' cases; which, its own figure does not tell.
        measured_signals=[
            m for m in section["measured_signals"] if not {m["metric"], m["beside"]} & set(rederived) and not regrouped
        ],
        not_before=given.not_before,
        approved_metrics=sorted(approved_metrics),
    )
