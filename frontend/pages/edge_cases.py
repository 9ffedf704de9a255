"""What the page of a system's edge cases shows: each set with its newest version, its uses, and what may be read."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from typing import Any

from frontend.forms.edge_cases import EdgeCasesForm, OpenEdgeCasesForm
from governance.accounts.models import User
from governance.audit import selectors as audit
from governance.evidence import policies, selectors
from governance.evidence.edge_cases import HELD_OUT, dataset_of
from governance.evidence.models import EdgeCaseSet
from governance.systems.models import AISystem
from governance.systems.policies import can


def content(*, system: AISystem, by: User, at: datetime) -> dict[str, Any]:
    """Return everything that the page shows."""
    rows = selectors.edge_case_sets(system=system)
    newest = [next(versions) for _, versions in groupby(rows, key=lambda row: row.key)]
    may_open = can(policies.check_can_read_evidence, by=by, system=system, at=at)
    leaves = [row.leaf_id for row in newest] + [used.leaf_id for row in newest for used in row.exposures.all()]
    return {
        "system": system,
        "sets": [_shown(row, may_open=may_open) for row in newest],
        "may_write": can(policies.check_can_write_edge_cases, by=by, system=system, at=at),
        "form": EdgeCasesForm(),
        "marks": audit.marks(leaves),
    }


def _shown(row: EdgeCaseSet, *, may_open: bool) -> dict[str, Any]:
    is_readable = selectors.is_readable(row)
    name, digest = dataset_of(key=row.key, digest=row.digest)
    given = {"key": row.key, "version": row.version}
    return {
        "row": row,
        "is_held_out": row.split == HELD_OUT,
        "contaminated_by": selectors.contaminated_by(row),
        "exposures": list(row.exposures.all()),
        "cases": row.content()["cases"] if is_readable else [],
        "dataset": {"name": name, "digest": digest},
        "open": OpenEdgeCasesForm(initial=given, of=row.pk) if may_open and not is_readable else None,
    }
