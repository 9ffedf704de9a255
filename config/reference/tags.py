"""docs/reference/mlflow-tags.md: what Edgewise reads and writes in MLflow, from the modules that do."""

from __future__ import annotations

from config.reference.markdown import code, codes, page, table
from governance.evidence import columns, ingest, runs
from governance.evidence.cases import ATTEMPT, RATER
from governance.evidence.formats.table import MOST_AT_ONCE, MOST_ROWS
from governance.evidence.records import EVERYWHERE, LEVELS
from governance.evidence.usable import UNIT
from lineage.tags import NAMES, PREFIX

INTRODUCTION = """\
Every tag begins with {prefix}. Training scripts set theirs with the module `edgewise_mlflow.evidence`, in one call, or
by hand: [Connect MLflow](../how-to/connect-mlflow.md). A tag with another name under the prefix means nothing."""
MEBIBYTE = 1024 * 1024
COLUMNS = {
    "case_id": "a name for the case, text or a whole number",
    "metric": "the metric of a criterion",
    "value": "0 or 1 for a proportion, otherwise a number of a size from 1e-15 to below 1e16, or nought",
    "context": f"a deployment context's key, or `{EVERYWHERE}` for every context",
    RATER: "who rated the case, where several did; the case counts once, by their mean",
    ATTEMPT: "which of several answers to the case the row is about; it counts once, by their mean",
    UNIT: "the unit of the value, which must be the specification's",
}
OTHERS = ("others", "attributes, by which the groups' population selectors choose")


def render() -> str:
    """Return the page."""
    limits = [
        ("Rows", f"{MOST_ROWS:,}".replace(",", " ")),
        ("Columns", str(ingest.MOST_COLUMNS)),
        ("A table as JSON, which has to be in memory", f"{MOST_AT_ONCE // MEBIBYTE} MiB"),
        ("A table in another format", f"{runs.MOST_BYTES // MEBIBYTE} MiB"),
        ("A text in a column that is asked for", f"{columns.LONGEST_TEXT} characters"),
    ]
    return page(
        "Names in MLflow",
        INTRODUCTION.format(prefix=code(PREFIX)),
        "## Tags and aliases",
        table(("Name", "On", "Says", "Set by"), [(code(n.name), n.on, n.says, n.set_by) for n in NAMES]),
        f"The levels of evidence, from the weakest: {codes(LEVELS)}.",
        "## The per-case table",
        f"It is {code(runs.TABLE)} among the run's artifacts, where no tag names another.",
        table(("Column", "Required", "Holds"), [*map(_column, COLUMNS), (OTHERS[0], "", OTHERS[1])]),
        "A column holds one kind of value: text, numbers or truth values. A case stands once for each metric, context, "
        f"{RATER} and {ATTEMPT}, and not both in a context and everywhere.",
        table(("At most", ""), limits),
    )


def _column(name: str) -> tuple[str, str, str]:
    return code(name), "yes" if name in ingest.REQUIRED else "", COLUMNS[name]
