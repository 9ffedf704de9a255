"""What the demonstration's two files say about the same thing is the same."""

from __future__ import annotations

import re
from decimal import Decimal

from ruamel.yaml import YAML

from config.demo.agreeing import HERE
from governance.specs import reading

COUNTED = {"those who will need a doctor": "recall", "those who need nothing": "specificity"}
"""Of whom a floor speaks, and the metric that counts them."""


def test_the_floor_of_each_group_is_the_number_that_the_gate_holds_it_to() -> None:
    described = YAML(typ="safe", pure=True).load(HERE / "installation.yaml")
    specification = reading.read((HERE / "specification.yaml").read_text())
    held = {
        (group, criterion.metric): criterion.threshold
        for dimension in specification.dimensions
        for criterion in dimension.criteria
        for group in criterion.groups
    }
    for group in described["systems"][0]["groups"]:
        said = re.search(r"At least (\d+) in a hundred of (.+) are ", group["floor"])
        assert said, group["floor"]
        percent, whom = said.groups()
        assert Decimal(held[group["key"], COUNTED[whom]]) == Decimal(percent) / 100, group["key"]
