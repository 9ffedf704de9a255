"""The specification that the tests of this folder start from, and small changes of it."""

from __future__ import annotations

from datetime import date

from governance.errors import Problem
from governance.specs import reading
from governance.specs.document import Specification

TEXT = """\
schema: edgewise/specification/v1
key: outreach
title: Outreach assistant
version: 1.0.0
review_by: 2027-11-01
purpose: Who is likely to need care is offered help early.
dimensions:
  - key: need-is-seen
    name: Need is seen
    protects: People who will need care are offered help early.
    whose_value: patients
    direction: higher
    unit: proportion
    tier: 0
    criteria:
      - metric: recall
        aggregate: proportion
        comparator: ">="
        threshold: 0.70
        tolerance: 0.01
        alpha: 0.05
        min_n: 100
        bound: clopper-pearson
        level: response
        groups: [good-health, poor-health]
        contexts: ["*"]
        correction: holm
  - key: calls-not-wasted
    name: Calls are not wasted
    protects: Nurses call people who want to be called.
    whose_value: nurses
    direction: lower
    unit: minutes
    tier: 1
    criteria:
      - metric: wasted-minutes
        aggregate: mean
        comparator: "<="
        threshold: 12.5
        alpha: 0.05
        min_n: 50
        bound: t
        level: response
        groups: [all, good-health]
        contexts: [us/outreach]
tensions:
  - between: [need-is-seen, calls-not-wasted]
    measure: kendall-tau
    band: [-1.0, 1.0]
    leaving_acceptable: false
    why: Calling more people finds more need and wastes more calls.
yield_rules:
  - signal: between-group-gap
    dimension: need-is-seen
    metric: recall
    over: 0.25
    route: deliberation
    why: A gap is for the groups to weigh.
contexts:
  - key: us/outreach
    tighten:
      - {dimension: need-is-seen, metric: recall, alpha: 0.025}
  - key: us/outreach/letter
    tighten:
      - {dimension: need-is-seen, metric: recall, threshold: 0.75}
approval_policy:
  sign_offs:
    - {role: board_member, count: 2}
    - {role: representative, count: 1}
  veto_groups: []
  separation: [registrant, trainer, evaluator]
  validity_days: 180
  cooling_off_hours: 0
"""


def changed(*changes: tuple[str, str]) -> str:
    """Return TEXT with the first occurrence of each pair's first text replaced; a text that is not there fails."""
    text = TEXT
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def specification(*changes: tuple[str, str]) -> Specification:
    """Return the specification that `changed` says."""
    return reading.read(changed(*changes))


TODAY = date(2026, 11, 1)
"""When the tests of this folder write: before the review that TEXT names."""


def lint(text: str) -> tuple[Problem, ...]:
    """Return everything that would be refused in a `text` of TODAY."""
    return reading.lint(text, today=TODAY).problems
