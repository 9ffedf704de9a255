"""What the page of the lineage shows: a picture with its list, what rests on a thing, and which links are missing."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import Any

from governance.accounts.models import User
from governance.evidence import completeness, tracing
from governance.evidence import selectors as evidence
from governance.monitoring.impact import CAME, Impact, impact
from lineage.graph import Graph, Node
from lineage.models import ModelVersion

MOST_DRAWN = 250
"""Things in a picture: more are neither read nor laid out quickly. The list beside it has more."""
MOST_LISTED = 1000
BECAUSE = {CAME: "came of it"}
JUDGED = "was judged by evidence that rests on it"


def content(word: str, *, by: User, as_of: datetime | None) -> dict[str, Any]:
    """Return everything about the things named `word`; raises NotFound and Invalid as `tracing.downstream`."""
    found = impact(word, by=by, as_of=as_of)
    starts = found.traced.starts
    versions = [node.key for node in starts if node.kind == "version"]
    one = ModelVersion.objects.filter(pk__in=versions).first() if len(starts) == len(versions) == 1 else None
    graph = evidence.lineage_graph(one, by=by, as_of=as_of) if one else found.traced.graph
    return {
        "starts": starts,
        "impact": found,
        "releases": _releases(found),
        "withheld": sorted(found.traced.withheld.items()),
        "links": completeness.links_of(one, by=by, as_of=as_of) if one else (),
        "above": () if one else _above(word, starts, by=by, as_of=as_of),
        "is_version": one is not None,
    } | picture(graph, [node.id for node in starts])


def end_of(day: date) -> datetime:
    """Return the last moment of a day in UTC."""
    return datetime.combine(day, time.max, UTC)


def picture(graph: Graph, starts: Iterable[str]) -> dict[str, Any]:
    """Return the graph as it is drawn and listed: where it has too many things, those nearest to `starts`."""
    drawn = graph if len(graph.nodes) <= MOST_DRAWN else graph.only(_nearest(graph, starts))
    listed = [node for layer in graph.layers() for node in layer]
    return {
        "lineage": drawn.as_dict(),
        "things": listed[:MOST_LISTED],
        "of": len(listed),
        "drawn": len(drawn.nodes),
        "listed": min(len(listed), MOST_LISTED),
    }


def _nearest(graph: Graph, starts: Iterable[str]) -> set[str]:
    before, after = graph.before(), graph.after()
    waiting = deque(one for one in starts if one in after)
    seen = set(waiting)
    while waiting and len(seen) < MOST_DRAWN:
        here = waiting.popleft()
        for near in (*before[here], *after[here]):
            if near not in seen and len(seen) < MOST_DRAWN:
                seen.add(near)
                waiting.append(near)
    return seen


def _above(word: str, starts: tuple[Node, ...], *, by: User, as_of: datetime | None) -> list[Node]:
    """Return what other things than versions came from."""
    found = tracing.upstream(word, by=by, as_of=as_of).graph.nodes
    return [node for node in found if node not in starts][:MOST_LISTED]


def _releases(found: Impact) -> list[dict[str, Any]]:
    rows: list[tuple[str, Any, str, datetime]] = [
        *(("Deployment", row, "ended" if row.until else "live", row.since) for row in found.deployments),
        *(("Approval", row, row.state, row.valid_from) for row in found.approvals),
        *(("Candidate", row, row.state, row.opened_at) for row in found.candidates),
    ]
    return [
        {
            "what": what,
            "row": row,
            "state": state,
            "since": since,
            "because": " and ".join(BECAUSE.get(one, JUDGED) for one in found.because(row.model_version_id)),
        }
        for what, row, state, since in rows
    ]
