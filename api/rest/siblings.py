"""The versions of a system beside each other in one context."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from api.operation import Endpoint, Given, operation
from api.rest.fields import context_field
from governance.gates import selectors
from governance.gates.siblings import Axis, Measured, Share, Sibling
from governance.systems import selectors as systems


class CellRow(serializers.Serializer):
    """What a version has for one metric and group, in the metric's own unit."""

    dimension = serializers.CharField()
    metric = serializers.CharField()
    aggregate = serializers.CharField()
    group = serializers.CharField()
    direction = serializers.CharField()
    tier = serializers.IntegerField()
    estimate = serializers.CharField(allow_null=True)
    verdict = serializers.CharField(allow_null=True)


class SiblingRow(serializers.Serializer):
    """A version with the names of those that dominate it; one that lacks a cell which another has is not `compared`."""

    name = serializers.CharField()
    verdict = serializers.CharField()
    report = serializers.IntegerField()
    compared = serializers.BooleanField()
    dominated_by = serializers.ListField(child=serializers.CharField())
    cells = CellRow(many=True)


class TensionRow(serializers.Serializer):
    """A tension measured over the versions for one group; `value` is null where it cannot be."""

    first = serializers.CharField()
    second = serializers.CharField()
    group = serializers.CharField()
    measure = serializers.CharField()
    value = serializers.CharField(allow_null=True)
    band = serializers.ListField(child=serializers.CharField())
    outside = serializers.BooleanField()


class ShareRow(TensionRow):
    """The share of a version's cases on which two metrics in tension part, for one group, as its report read it."""

    version = serializers.CharField()
    n = serializers.IntegerField()
    verdict = serializers.CharField(allow_null=True)


class SiblingsRow(serializers.Serializer):
    """Nothing here is added up: where one is better in one cell and worse in another, people decide."""

    context = serializers.CharField()
    versions = SiblingRow(many=True)
    tensions = TensionRow(many=True)
    shares = ShareRow(many=True)


class InContext(Given):
    """A deployment context."""

    context = context_field()


class Versions(Endpoint):
    """What the gate said of every version, beside each other."""

    @operation(
        "gates_siblings_read",
        summary="The versions of a context beside each other: cells, dominance and tensions",
        asks=InContext,
        gives=SiblingsRow,
    )
    def get(self, given: dict[str, Any], system: str) -> dict[str, Any]:
        found = systems.system(key=system, by=self.by)
        context = systems.context(system=found, key=given["context"])
        reports, compared = selectors.siblings(system=found, context_key=context.key, by=self.by)
        return {
            "context": context.key,
            "versions": [
                {
                    "name": one.name,
                    "verdict": one.verdict,
                    "report": reports[one.name].pk,
                    "compared": not one.lacks,
                    "dominated_by": list(one.dominated_by),
                    "cells": [_cell(one, axis) for axis in compared.axes],
                }
                for one in compared.siblings
            ],
            "tensions": [_tension(one) for one in compared.tensions],
            "shares": [_share(one) for one in compared.shares],
        }


def _cell(version: Sibling, axis: Axis) -> dict[str, Any]:
    estimate = version.estimates.get(axis.key)
    names = ("dimension", "metric", "aggregate", "group", "direction", "tier")
    return {name: getattr(axis, name) for name in names} | {
        "estimate": None if estimate is None else str(estimate),
        "verdict": version.verdicts.get(axis.key),
    }


def _tension(one: Measured) -> dict[str, Any]:
    return {
        "first": one.first,
        "second": one.second,
        "group": one.group,
        "measure": one.tension.measure,
        "value": None if one.value is None else str(one.value),
        "band": [str(end) for end in one.tension.band],
        "outside": one.outside,
    }


def _share(one: Share) -> dict[str, Any]:
    reading, (low, high) = one.reading, one.tension.band
    value = reading["value"]
    return {
        "version": one.version,
        "first": reading["first"],
        "second": reading["second"],
        "group": reading["group"],
        "measure": one.tension.measure,
        "value": value,
        "n": reading["n"],
        "band": [str(low), str(high)],
        "outside": value is not None and not low <= Decimal(value) <= high,
        "verdict": reading["verdict"],
    }
