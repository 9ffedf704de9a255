"""A change between two versions of a specification, in a sentence for people. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable

from frontend import figures, wording
from governance.specs.changes import Change

KINDS = {
    "loosened": ("▼", "less is asked, or it cannot be shown that as much is"),
    "removed": ("−", "no longer asked; it counts as a loosening"),
    "tightened": ("▲", "more is asked"),
    "added": ("+", "asked in addition"),
    "reworded": ("≈", "other words; what is asked stays"),
}
"""Kind of a change → its sign and what it means; what asks for less comes first."""

FIELDS = {
    "threshold": "{Metric} must be {sign} {after} instead of {sign} {before}",
    "tolerance": "{Metric} counts as equal to the version in use within {after} instead of {before}",
    "alpha": "{Metric} is shown with {after_sure} one-sided confidence instead of {before_sure}",
    "min_n": "{Metric} is judged on at least {after} cases of each group instead of {before}",
    "level": "{Metric} needs evidence of the level {after} or higher instead of {before}",
    "bound": "The bounds of {metric} are computed by {after} instead of {before}",
    "correction": "The correction of {metric} for many groups is {after} instead of {before}",
    "contexts": "{Metric} is asked in {after_where} instead of {before_where}",
}
ONE = {
    "title": "The title reads otherwise",
    "purpose": "The purpose reads otherwise",
    "review_by": "It has to be reviewed by {after} instead of {before}",
    "document": "The entries stand in another order",
    "name": "It is called “{after}” instead of “{before}”",
    "protects": "What it protects is put in other words",
    "whose_value": "Whose value it is, is put in other words",
    "direction": "{after} is better now, where {before} was",
    "unit": "It is counted in {after} instead of {before}",
    "tier": "It stands in tier {after} instead of tier {before}",
    "holds_if": "What must hold is {after} instead of {before}",
    "dimension": "It is asked of {after} instead of {before}",
    "contexts": "It is asked in {after_where} instead of {before_where}",
    "why": "The reason is put in other words",
    "band": "Their inconsistency is expected within {after} instead of {before}",
    "leaving_acceptable": "Whether leaving the band is acceptable: {after} instead of {before}",
    "over": "{Signal} in {metric} goes to people when it is over {after} instead of {before}",
    "route": "{Signal} in {metric} goes to people by {after} instead of {before}",
    "count": "{Who}: {after} must approve instead of {before}",
    "validity_days": "An approval stands for {after} days instead of {before}",
    "cooling_off_hours": "A decision waits {after} hours after the newest revision instead of {before}",
    "population": "Whose cases are those of {group} is chosen in another way: {after} instead of {before}",
}
CAME_OR_WENT = {
    "dimension": ("“{after}” is protected as well", "“{before}” is protected no longer"),
    "criterion": ("One more criterion must be met: {after}", "A criterion is asked no more: {before}"),
    "measure": ("{Metric} is derived: {after}", "{Metric} is no longer derived; it was {before}"),
    "condition": ("One more condition must hold: {after}", "A condition need hold no more: {before}"),
    "group": ("{Metric} must hold for the group {group} as well", "{Metric} need no longer hold for the group {group}"),
    "tension": ("{Pair} are named as values that conflict", "{Pair} are no longer named as values that conflict"),
    "rule": (
        "{Signal} in {metric} goes to people when it is over {after}",
        "{Signal} in {metric} no longer goes to people; it did over {before}",
    ),
    "overlay": (
        "In {context} more is asked than elsewhere: it {after}",
        "In {context} nothing more is asked than elsewhere; before, it {before_went}",
    ),
    "tightening": (
        "In {context}, the {field} of {metric} is one of its own: {after}",
        "In {context}, the {field} of {metric} is none of its own any more; it was {before}",
    ),
    "signers": ("{Who}: {after} must approve as well", "{Who}: nobody has to approve any more; {before} had to"),
    "veto": ("{Group} must be heard, and may veto", "{Group} can no longer veto"),
    "separation": (
        "{Role} is named among those who neither sign nor decide",
        "{Role} is no longer named among those who neither sign nor decide",
    ),
}
"""What was added, and what was removed."""

FIELD_WORDS = {"min_n": "least number of cases", "level": "level of evidence"}

PLACES = (
    (r"dimensions\.[^.]+", "dimension"),
    (r"dimensions\.[^.]+\.criteria\.(?P<metric>.+) (?P<sign>[<>]=)", "criterion"),
    (r"dimensions\.[^.]+\.criteria\.(?P<metric>.+) [<>]=\.groups\.(?P<group>[^.]+)", "group"),
    (r"dimensions\.[^.]+\.criteria\.(?P<metric>.+) (?P<sign>[<>]=)\.(?P<field>[a-z_]+)", ""),
    (r"dimensions\.[^.]+\.(?P<field>[a-z_]+)", ""),
    (r"measures\.(?P<metric>.+)\.(?P<field>why)", ""),
    (r"measures\.(?P<metric>.+)", "measure"),
    (r"conditions\.[^.]+", "condition"),
    (r"conditions\.[^.]+\.(?P<field>[a-z_]+)", ""),
    (r"tensions\.(?P<pair>.+) \([a-z-]+\)", "tension"),
    (r"tensions\.(?P<pair>.+) \([a-z-]+\)\.(?P<field>[a-z_]+)", ""),
    (r"yield_rules\.(?P<signal>\S+) of [^/]+/(?P<metric>.+)\.(?P<field>over|route|why)", ""),
    (r"yield_rules\.(?P<signal>\S+) of [^/]+/(?P<metric>.+)", "rule"),
    (r"contexts\.(?P<context>[^.]+)", "overlay"),
    (r"contexts\.(?P<context>[^.]+)\.[^.]+/(?P<metric>.+)\.(?P<field>[a-z_]+)", "tightening"),
    (r"approval_policy\.sign_offs\.(?P<who>[^.]+)", "signers"),
    (r"approval_policy\.sign_offs\.(?P<who>[^.]+)\.(?P<field>count)", ""),
    (r"approval_policy\.veto_groups\.(?P<group>[^.]+)", "veto"),
    (r"approval_policy\.separation\.(?P<role>[^.]+)", "separation"),
    (r"approval_policy\.(?P<field>[a-z_]+)", ""),
    (r"groups\.(?P<group>[^.]+)\.(?P<field>population)", ""),
    (r"(?P<field>title|purpose|review_by|document)", ""),
)
"""The paths of changes, and what comes or goes there."""


def sentence(change: Change) -> str:
    """Return what `change` means, as a sentence; where its path says nothing that is known here, its own."""
    for pattern, part in PLACES:
        if found := re.fullmatch(pattern, change.path):
            named = {name: text for name, text in found.groupdict().items() if text is not None}
            if template := _template(change, part, named):
                said = template.format_map(_words(change, named))
                return f"{said[:1].upper()}{said[1:]}."
    return f"{change.sentence}."


def _template(change: Change, part: str, named: dict[str, str]) -> str:
    if part and change.kind in ("added", "removed"):
        return CAME_OR_WENT[part][change.kind == "removed"]
    if part == "measure":
        return "{Metric} is derived in another way: {after} instead of {before}"
    field = named.get("field", "")
    if part == "tightening":
        return "In {context}, the {field} of {metric} is {after} instead of {before}"
    return FIELDS.get(field, "") if "sign" in named else ONE.get(field, "")


def _words(change: Change, named: dict[str, str]) -> dict[str, str]:
    words = {name: wording.plain(text) for name, text in named.items()}
    words |= {"field": FIELD_WORDS.get(named.get("field", ""), words.get("field", ""))}
    words |= {"sign": figures.SIGNS.get(named.get("sign", ""), ""), "context": named.get("context", "")}
    words |= {name.capitalize(): f"{text[:1].upper()}{text[1:]}" for name, text in words.items()}
    sides = {"before": change.before, "after": change.after}
    told = {f"{side}_{how}": _TOLD[how](text) for side, text in sides.items() for how in _TOLD}
    return words | {side: text or "nothing" for side, text in sides.items()} | told


def _sure(alpha: str) -> str:
    try:
        return f"{100 * (1 - float(alpha)):g} %"
    except ValueError:
        return alpha


def _where(contexts: str) -> str:
    return "every context" if contexts == "[*]" else contexts.strip("[]")


def _went(text: str) -> str:
    return text.replace("tightens ", "tightened ", 1)


_TOLD: dict[str, Callable[[str], str]] = {"sure": _sure, "where": _where, "went": _went}
