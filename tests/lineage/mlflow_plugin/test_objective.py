"""What a training script says that it aimed at is what Edgewise reads."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from edgewise_mlflow import objective as ours
from edgewise_mlflow.cases import Unusable
from hypothesis import given
from hypothesis import strategies as st

from governance.errors import Invalid
from governance.evidence import objective

NAMES = st.text(max_size=210)
NUMBERS = st.one_of(st.floats(), st.integers(), st.booleans(), st.sampled_from(["0.5", None, 1e-12, 1e-13, 1e19, 1e20]))
DIGEST = "5f" * 32
RANGE = {"low": 0.2, "mean": 0.6, "high": 0.9}


@given(st.dictionaries(NAMES, NUMBERS, max_size=60))
def test_factors_that_are_accepted_are_read_as_they_were_given(terms: dict[str, Any]) -> None:
    try:
        said = ours.scalarised(terms)
    except Unusable:
        return
    found = objective.read(json.dumps(said, ensure_ascii=False), run="r")
    assert isinstance(found, objective.Scalarised)
    assert found.terms.keys() == terms.keys()
    assert all(math.isclose(float(found.terms[name]), terms[name], rel_tol=1e-8) for name in terms)


def test_a_learned_policy_that_is_accepted_is_read_as_it_was_given() -> None:
    said = ours.learned_policy("models:/trade-offs/3", digest=DIGEST, observed={"us/phone": {"speed": RANGE}})
    found = objective.document(objective.read(json.dumps(said), run="r"), run="r")
    assert (found["policy"], found["digest"]) == ("models:/trade-offs/3", DIGEST)
    assert found["observed"]["us/phone"]["speed"] == {"low": "0.2", "mean": "0.6", "high": "0.9"}


@pytest.mark.parametrize(
    ("policy", "digest", "observed", "problem"),
    [
        ("trade-offs", DIGEST, {"us": {"speed": RANGE}}, "policy: 'trade-offs' names no version"),
        ("models:/t@live", DIGEST, {"us": {"speed": RANGE}}, "policy: 'models:/t@live' names no version"),
        ("models:/t/1", "5F" * 32, {"us": {"speed": RANGE}}, "digest: '5F"),
        ("models:/t/1", DIGEST, {}, "observed: 0 of them"),
        ("models:/t/1", DIGEST, {"us": {"speed": {"mean": 1}}}, "observed, us, speed: give low, mean, high"),
        ("models:/t/1", DIGEST, {"us": {"speed": RANGE | {"low": "0"}}}, "observed, us, speed, low: '0' is no"),
    ],
)
def test_a_learned_policy_that_edgewise_would_refuse_is_refused(
    policy: str, digest: str, observed: dict[str, Any], problem: str
) -> None:
    with pytest.raises(Unusable) as caught:
        ours.learned_policy(policy, digest=digest, observed=observed)
    assert str(caught.value).startswith(problem)
    said = {"kind": "learned-policy", "policy": policy, "digest": digest, "observed": observed}
    if "'0' is no" not in problem:  # Edgewise reads a number that is written as text.
        with pytest.raises(Invalid):
            objective.read(json.dumps(said), run="r")


@pytest.mark.parametrize("factor", [float("nan"), float("inf"), True, "0.5", 1e20, 1e-13])
def test_a_factor_that_is_no_number_is_refused(factor: Any) -> None:
    with pytest.raises(Unusable, match=r"^terms, speed: .* is no finite number that can be recorded"):
        ours.scalarised({"speed": factor})
