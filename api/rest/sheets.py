"""Metric provenance sheets: what each metric says and why it is believed. Without an approved one it cannot gate."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.operation import Endpoint, Given, operation
from api.rest.fields import DocumentField, Person, digest_field, text_field
from governance.specs import selectors, services
from governance.specs.models import MetricSheet, SheetApproval, SheetWithdrawal
from governance.systems import selectors as systems


class SheetText(Given):
    """The answers to the questions about a metric, by the question's key; what is wrong with them the domain says."""

    metric = serializers.CharField(max_length=64)
    answers = serializers.DictField(child=text_field(allow_blank=True))


class SheetNamed(Given):
    """The sheet that one read, by its metric and digest."""

    metric = serializers.CharField(max_length=64)
    digest = digest_field()


class SheetEnded(SheetNamed):
    """The approved sheet that one read, and why nobody should rely on the metric any more."""

    because = text_field()


class SheetWithdrawalRow(serializers.Serializer):
    """Who withdrew the sheet, when and why."""

    withdrawn_by = Person()
    withdrawn_at = serializers.DateTimeField()
    because = serializers.CharField()
    leaf = serializers.IntegerField(source="leaf_id")


class SheetApprovalRow(serializers.Serializer):
    """Who approved exactly this writing, and when; `withdrawal` is null while it stands."""

    approved_by = Person()
    approved_at = serializers.DateTimeField()
    leaf = serializers.IntegerField(source="leaf_id")
    withdrawal = SheetWithdrawalRow(allow_null=True)


class SheetRow(serializers.Serializer):
    """One writing of a metric's sheet; `approval` is null while nobody has approved it."""

    metric = serializers.CharField()
    digest = serializers.CharField()
    written_by = Person()
    written_at = serializers.DateTimeField()
    leaf = serializers.IntegerField(source="leaf_id")
    approval = SheetApprovalRow(allow_null=True)
    document = DocumentField(source="content")


class Sheets(Endpoint):
    """The newest sheet of every metric."""

    @operation("specs_sheet_list", summary="The newest provenance sheet of each metric", gives=SheetRow(many=True))
    def get(self, given: dict[str, Any], system: str) -> Any:
        return selectors.sheets(system=systems.system(key=system, by=self.by), by=self.by)

    @operation(verb="specs.sheet.write", takes=SheetText, gives=SheetRow, status=201)
    def post(self, given: dict[str, Any], system: str) -> MetricSheet:
        return services.write_sheet(system_key=system, **given, **self.acting)


class SheetApprovals(Endpoint):
    """From then on a metric can gate."""

    @operation(verb="specs.sheet.approve", takes=SheetNamed, gives=SheetApprovalRow, status=201)
    def post(self, given: dict[str, Any], system: str) -> SheetApproval:
        return services.approve_sheet(system_key=system, **given, **self.acting)


class SheetWithdrawals(Endpoint):
    """From then on a metric gates nothing."""

    @operation(verb="specs.sheet.withdraw", takes=SheetEnded, gives=SheetWithdrawalRow, status=201)
    def post(self, given: dict[str, Any], system: str) -> SheetWithdrawal:
        return services.withdraw_sheet(system_key=system, **given, **self.acting)


class Sheet(Endpoint):
    """Everything that was ever written about a metric."""

    @operation(
        "specs_sheet_read",
        summary="Every writing of a metric's provenance sheet, newest first",
        gives=SheetRow(many=True),
    )
    def get(self, given: dict[str, Any], system: str, metric: str) -> Any:
        return selectors.writings(system=systems.system(key=system, by=self.by), metric=metric, by=self.by)
