"""Sets of edge cases: what is kept as precedent, and who saw what is held out."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.operation import Endpoint, Given, operation
from api.rest.fields import DocumentField, Person, text_field
from governance.evidence import selectors, services
from governance.evidence.models import EdgeCaseExposure, EdgeCaseSet
from governance.systems import selectors as systems


class EdgeCasesText(Given):
    """A set in YAML or JSON; what is wrong with it the domain says, with its line."""

    text = text_field()


class EdgeCasesOpened(Given):
    """The newest version of a held-out set, and what it is read for."""

    key = serializers.CharField(max_length=60)
    version = serializers.IntegerField(min_value=1, max_value=2_147_483_647)
    because = text_field()


class ExposureRow(serializers.Serializer):
    """One use of a held-out set: read by somebody, evaluated on, or trained on."""

    how = serializers.CharField()
    model = serializers.SerializerMethodField()
    because = serializers.CharField()
    by = Person()
    at = serializers.DateTimeField()
    leaf = serializers.IntegerField(source="leaf_id")

    def get_model(self, exposure: EdgeCaseExposure) -> str:
        """Return the model version that saw the set, empty where a person did."""
        return exposure.model_version.uri if exposure.model_version else ""


class EdgeCasesRow(serializers.Serializer):
    """One version of a set; `document` is null while it is held out, and `demoted` where a model was trained on it."""

    key = serializers.CharField()
    version = serializers.IntegerField()
    title = serializers.CharField()
    split = serializers.CharField()
    demoted = serializers.SerializerMethodField()
    cases = serializers.IntegerField()
    digest = serializers.CharField()
    written_by = Person()
    written_at = serializers.DateTimeField()
    leaf = serializers.IntegerField(source="leaf_id")
    exposures = ExposureRow(many=True)
    document = serializers.SerializerMethodField()

    def get_demoted(self, row: EdgeCaseSet) -> bool:
        """Say whether a model was trained on what was held out."""
        return bool(selectors.contaminated_by(row))

    def get_document(self, row: EdgeCaseSet) -> dict[str, Any] | None:
        """Return the cases where they may be read without a word."""
        return row.content() if selectors.is_readable(row) else None


class OpenedRow(ExposureRow):
    """The cases, and the entry that says who read them."""

    document = DocumentField(source="edge_cases.content")


class EdgeCaseSets(Endpoint):
    """Every version of every set."""

    @operation("evidence_edge_cases_list", summary="Sets of edge cases and their uses", gives=EdgeCasesRow(many=True))
    def get(self, given: dict[str, Any], system: str) -> list[EdgeCaseSet]:
        return selectors.edge_case_sets(system=systems.system(key=system, by=self.by))

    @operation(verb="evidence.edge_cases.write", takes=EdgeCasesText, gives=EdgeCasesRow, status=201)
    def post(self, given: dict[str, Any], system: str) -> EdgeCaseSet:
        return services.write_edge_cases(system_key=system, **given, **self.acting)


class EdgeCaseOpenings(Endpoint):
    """Reading what is held out."""

    @operation(verb="evidence.edge_cases.open", takes=EdgeCasesOpened, gives=OpenedRow, status=201)
    def post(self, given: dict[str, Any], system: str) -> EdgeCaseExposure:
        return services.open_edge_cases(system_key=system, **given, **self.acting)
