"""What happened, and how things stand, in sentences. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from frontend import figures

EVENTS = {
    "accounts.user.added": "An account was added",
    "accounts.user.erased": "A person was erased",
    "accounts.password.changed": "Somebody changed their password",
    "accounts.password.reset": "A password was reset",
    "accounts.token.issued": "A token was issued",
    "accounts.token.revoked": "A token was revoked",
    "approvals.key.introduced": "An attestation key was introduced",
    "approvals.candidate.opened": "A release candidate was opened for {context}",
    "approvals.candidate.revised": "The candidate was brought up to date as revision {revision}",
    "approvals.candidate.withdrawn": "The candidate was withdrawn",
    "approvals.candidate.signed": "Revision {revision} was signed: {stance}, as {role}",
    "approvals.candidate.decided": "Revision {revision} was decided: {outcome}",
    "approvals.conflict.declared": "A conflict of interest was declared",
    "approvals.approval.issued": "An approval was issued for {context}",
    "approvals.approval.ended": "The approval was {state}",
    "approvals.registry.told": "MLflow was told: {word}",
    "audit.sealed.erased": "A confidential value was erased",
    "deliberation.deliberation.prepared": "A deliberation was prepared",
    "deliberation.deliberation.opened": "The deliberation opened, its roll frozen",
    "deliberation.voting.opened": "Voting opened under the rule {rule}",
    "deliberation.position.stated": "A {kind} was stated for {group}",
    "deliberation.ballot.cast": "A ballot was cast",
    "deliberation.deliberation.decided": "The ballots were counted",
    "deliberation.deliberation.closed": "The deliberation closed with its answer",
    "evidence.checkpoint.registered": "{model} was registered",
    "evidence.edge_cases.written": "Version {version} of the edge cases {key} was written",
    "evidence.edge_cases.exposed": "The held-out edge cases {key} were used: {how} {model}",
    "evidence.upload.begun": "A file of {size} bytes began to be sent as evidence about {model}",
    "evidence.upload.refused": "A large file about {model} is no evidence: {code}",
    "evidence.evaluation.read": "Evidence was read, and recomputed from its cases",
    "gates.report.made": "The gate judged {model} for {context}: {verdict}",
    "gates.route.closed": "A route was closed: {signal} on {dimension}",
    "monitoring.deployment.seen": "{model} was seen live in {context}",
    "monitoring.promotion.found": "Out of band: {model} went live in {context} without an approval",
    "monitoring.promotion.resolved": "The out-of-band promotion in {context} was resolved",
    "monitoring.mark.found": "Out of band: the {kind} that speaks of approvals in {context} was moved for {model}",
    "monitoring.mark.resolved": "The {kind} that speaks of approvals in {context} is no longer out of band as it was",
    "monitoring.claim.found": "Out of band: MLflow shows {model} as released ({kind}: {after}) without an approval",
    "monitoring.claim.resolved": "MLflow no longer shows {model} as released without an approval ({kind})",
    "monitoring.integrity.found": "Integrity incident: {model} has other files than it was registered with",
    "monitoring.integrity.resolved": "The integrity incident of {model} was resolved",
    "monitoring.server.connected": "A tracking server was connected",
    "monitoring.hook.disconnected": "A tracking server's hints are not taken any more",
    "monitoring.hook.connected": "A tracking server was given a new secret for its hints",
    "monitoring.synchronisation.judged": "A synchronisation with MLflow was judged",
    "specs.draft.saved": "Draft {version} of the specification was saved",
    "specs.draft.put_forward": "The draft was put up for deliberation",
    "specs.sheet.written": "The provenance sheet of {metric} was written",
    "specs.sheet.approved": "The provenance sheet of {metric} was approved",
    "specs.sheet.withdrawn": "The provenance sheet of {metric} was withdrawn",
    "specs.version.ratified": "Specification {version} was ratified",
    "systems.system.created": "The system {name} was brought under governance",
    "systems.context.added": "The context {key} was added",
    "systems.model.connected": "The registered model {name} was connected",
    "systems.group.declared": "The group {key} was declared, version {version}",
    "systems.role.granted": "The role {role} was granted",
    "systems.role.ended": "The role {role} was ended",
}
"""Event type → its sentence, with the event's own data."""

PLAIN = ("role", "rule", "verdict", "group", "kind")
SHAPES = {"PASS": "●", "FAIL": "✕", "INSUFFICIENT": "◔", "NEEDS_DELIBERATION": "◇"}

TIGHTENED = {
    "threshold": "threshold",
    "tolerance": "tolerance",
    "min_n": "least number of cases",
    "alpha": "alpha",
    "level": "level",
}


class _Data(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "…"


def happened(event_type: str, data: Mapping[str, Any]) -> str:
    """Return what happened as a sentence without its full stop; an unknown type speaks for itself."""
    words = {name: plain(str(value)) if name in PLAIN else str(value) for name, value in data.items()}
    words |= {"model": words.get("model") or "Nothing"}
    return EVENTS.get(event_type, event_type).format_map(_Data(words))


def plain(key: str) -> str:
    """Return a key as words: `board_member` is "board member"."""
    return key.replace("_", " ").replace("-", " ")


def verdict(value: str) -> str:
    """Return a verdict as it is printed: NEEDS DELIBERATION."""
    return value.replace("_", " ")


def checks(report: Mapping[str, Any]) -> str:
    """Return what of a gate report holds the release back: "1 of 14 checks fails (tier 0), 2 lack evidence"."""
    cells = [(criterion["tier"], cell["verdict"]) for criterion in report["criteria"] for cell in criterion["cells"]]
    counts = Counter(word for _, word in cells)
    tiers = sorted({tier for tier, word in cells if word == "FAIL"})
    parts = []
    if failing := counts["FAIL"]:
        where = ", ".join(f"tier {tier}" for tier in tiers)
        parts.append(f"{failing} of {len(cells)} checks {'fails' if failing == 1 else 'fail'} ({where})")
    if lacking := counts["INSUFFICIENT"]:
        what = f"{lacking}{'' if failing else f' of {len(cells)} checks'}"
        parts.append(f"{what} {'lacks' if lacking == 1 else 'lack'} evidence")
    parts += _others("condition", "hold", [judged["verdict"] for judged in report["conditions"]])
    parts += _others("tension", "keep within the band", [judged["verdict"] for judged in report["tensions"]])
    return ", ".join(parts) or f"all {len(cells)} checks pass"


def _others(what: str, does: str, verdicts: Sequence[str | None]) -> list[str]:
    """What is asked beside the criteria and does not hold, or of which that is not known."""
    failing, lacking = verdicts.count("FAIL"), verdicts.count("INSUFFICIENT")
    said = [f"{failing} {what}{'' if failing == 1 else 's'} {'does' if failing == 1 else 'do'} not {does}"]
    said += [f"{lacking} {what}{'' if lacking == 1 else 's'} {'lacks' if lacking == 1 else 'lack'} evidence"]
    return [sentence for sentence, many in zip(said, (failing, lacking), strict=True) if many]


def waits_for(requirements: Sequence[Any]) -> str:
    """Return for whom the unmet `requirements` of an approval policy wait, such as "2 board members"."""
    people = []
    for requirement in requirements:
        if not requirement.met and requirement.key.startswith("sign-offs:"):
            _, role, *group = requirement.key.split(":")
            missing = (requirement.need or 0) - (requirement.have or 0)
            who = plain(role) + ("s" if missing > 1 else "") + (f" of {plain(group[0])}" if group else "")
            people.append(f"{missing} {who}")
    return " and ".join(people)


def criterion(wanted: Mapping[str, Any]) -> str:
    """Return what a criterion asks for, as one sentence."""
    confidence = f"{100 * (1 - float(wanted['alpha'])):g} %"
    what = "a share of cases" if wanted["aggregate"] == "proportion" else "a mean over cases"
    groups = ", ".join(plain(group) for group in wanted["groups"])
    return (
        f"{plain(wanted['metric']).capitalize()}, {what}, is "
        f"{figures.threshold(wanted['comparator'], wanted['threshold'])} in each of: {groups}. Shown with {confidence} "
        f"one-sided confidence ({wanted['bound']}) on at least {wanted['min_n']} cases at level {wanted['level']}."
    )


def policy(rules: Mapping[str, Any]) -> list[str]:
    """Return an approval policy as sentences."""
    said = []
    for rule in rules["sign_offs"]:
        who = plain(rule["role"]) + (f" of {plain(rule['group'])}" if rule.get("group") else "")
        many = rule["count"] != 1
        said.append(f"{rule['count']} {who}{'s' if many else ''} must approve.")
    said += [f"{plain(group).capitalize()} must be heard, and may veto." for group in rules["veto_groups"]]
    if rules["separation"]:
        said.append(f"Whose hands are too close neither sign nor decide: {', '.join(map(plain, rules['separation']))}.")
    if rules["cooling_off_hours"]:
        said.append(f"A decision waits {rules['cooling_off_hours']} hours after the newest revision.")
    return [*said, f"An approval stands for {rules['validity_days']} days."]


def overlay(more: Mapping[str, Any]) -> str:
    """Return what one line of a context's overlay asks beyond the base, without its full stop."""
    asked = [f"{name} {more[key]}" for key, name in TIGHTENED.items() if key in more]
    which = f" ({more['comparator']})" if "comparator" in more else ""
    return f"{more['metric']}{which} of {plain(more['dimension'])}, {', '.join(asked)}"


def measure(derived: Mapping[str, Any]) -> str:
    """Return how a metric is derived from another that was recorded, and why."""
    error = derived.get("squared_error_of")
    marks = derived.get("misses_any_of")
    recorded = f"whether a case misses any of {', '.join(marks)}" if marks else derived["of"]
    what = f"the squared difference of {recorded} and {error}" if error else recorded
    among = " and ".join(f"{one.get('column') or one['metric']} = {one['equals']}" for one in derived["among"])
    return f"{derived['metric']}: {what}{f', among cases with {among}' if among else ''}. {derived['why']}"


def condition(asked: Mapping[str, Any]) -> str:
    """Return what must hold of which dimension, where, and why."""
    return f"{asked['holds_if']}, for {plain(asked['dimension'])} in {', '.join(asked['contexts'])}: {asked['why']}"


def tension(known: Mapping[str, Any]) -> str:
    """Return which values are known to conflict, and why."""
    first, second = (plain(name) for name in known["between"])
    low, high = known["band"]
    leaving = "" if known["leaving_acceptable"] else " Leaving the band is not acceptable."
    between = f"{first.capitalize()} and {second} ({known['measure']} between {low} and {high})"
    return f"{between}: {known['why']}{leaving}"


def yield_rule(rule: Mapping[str, Any]) -> str:
    """Return when a number must not decide, and what happens instead."""
    signal = (
        f"{plain(rule['signal']).capitalize()} over {rule['over']} in {rule['metric']} of {plain(rule['dimension'])}"
    )
    return f"◇ {signal} → {plain(rule['route'])}. {rule['why']}"
