"""From a model version in MLflow to what its evidence supports: registration, evidence, gate reports, lineage."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from api.operation import Endpoint, Given, operation
from api.pagination import Pages
from api.rest.fields import LARGEST_ID, DocumentField, Person, RowsField, context_field, model_field, text_field
from governance.approvals import judging
from governance.evidence import registration
from governance.evidence import selectors as evidence
from governance.evidence.models import EvaluationRun
from governance.gates import selectors, services
from governance.gates.models import GateReport, Route
from governance.systems import selectors as systems
from lineage.models import ModelVersion


class CheckpointRow(serializers.Serializer):
    """A registered model version, by the digest of the files that Edgewise hashed itself."""

    id = serializers.IntegerField()
    model = serializers.CharField(source="model_version.uri")
    digest = serializers.CharField()
    registered_by = Person()
    registered_at = serializers.DateTimeField()
    leaf = serializers.IntegerField(source="leaf_id")


class ObservationRow(serializers.Serializer):
    """What one evaluation found for one dimension, metric, group and context. Numbers are decimal strings."""

    dimension = serializers.CharField()
    metric = serializers.CharField()
    aggregate = serializers.CharField()
    group = serializers.CharField(source="group_key")
    context = serializers.CharField(source="context_key")
    estimate = serializers.CharField()
    n = serializers.IntegerField()
    claimed = serializers.CharField()
    document = DocumentField()


class EvaluationRow(serializers.Serializer):
    """One evaluation as it was read and recomputed; `file` says how its table was read, `remarks` what whoever relies
    on it should know, and `content` what its cases are told by: its digest stands in the leaf."""

    id = serializers.IntegerField()
    run = serializers.CharField(source="run_id")
    file = DocumentField()
    remarks = serializers.ListField(child=serializers.CharField())
    content = DocumentField(allow_null=True)
    model_digest = serializers.CharField()
    specification = serializers.CharField(source="specification.version")
    level = serializers.CharField()
    evaluator = serializers.CharField()
    datasets = RowsField()
    table_digest = serializers.CharField()
    cases = serializers.IntegerField()
    evaluated_at = serializers.DateTimeField()
    after_ratification = serializers.BooleanField()
    digest = serializers.CharField()
    read_by = Person()
    read_at = serializers.DateTimeField()
    leaf = serializers.IntegerField(source="leaf_id")
    observations = serializers.SerializerMethodField()

    def get_observations(self, evaluation: EvaluationRun) -> list[dict[str, Any]]:
        """Return one row for each dimension, metric, group and context."""
        place = attrgetter("dimension", "metric", "aggregate", "group_key", "context_key")
        rows = sorted(evaluation.observations.all(), key=place)
        return list(ObservationRow(rows, many=True).data)


class ReportRow(serializers.Serializer):
    """What the evidence supports for one version in one context."""

    id = serializers.IntegerField()
    model = serializers.CharField(source="model_version.uri")
    model_digest = serializers.CharField()
    context = serializers.CharField(source="context_key")
    specification = serializers.CharField(source="specification.version")
    verdict = serializers.CharField()
    digest = serializers.CharField()
    judged_at = serializers.DateTimeField()
    leaf = serializers.IntegerField(source="leaf_id")


class RouteRow(serializers.Serializer):
    """What an edge signal asks for; while it is open, nothing is approved."""

    id = serializers.IntegerField()
    signal = serializers.CharField()
    dimension = serializers.CharField()
    metric = serializers.CharField()
    process = serializers.CharField()
    sentence = serializers.CharField()
    state = serializers.CharField()
    opened_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    closed_by = Person(allow_null=True)
    closed_because = serializers.CharField()


class VersionsOfBytes(serializers.Serializer):
    """The versions that were evaluated with the same bytes, as `models:/NAME/VERSION`."""

    digest = serializers.CharField()
    models = serializers.ListField(child=serializers.CharField())


class NewerEvidence(serializers.Serializer):
    """Evidence that the gate has not judged: since when it was read, and from which runs or files."""

    since = serializers.DateTimeField()
    runs = serializers.ListField(child=serializers.CharField())


class ReportDetail(ReportRow):
    """A gate report with the document whose SHA-256 is its digest, its routes, and the `versions` whose digests the
    document names; `newer_evidence` came into use since, and is not in it."""

    judged_by = Person()
    document = DocumentField(source="content")
    versions = serializers.SerializerMethodField()
    newer_evidence = serializers.SerializerMethodField()
    routes = serializers.SerializerMethodField()

    def get_versions(self, report: GateReport) -> list[dict[str, Any]]:
        """Return every version whose observations the report was given."""
        rows = [{"digest": digest, "models": models} for digest, models in selectors.compared(report).items()]
        return list(VersionsOfBytes(rows, many=True).data)

    def get_newer_evidence(self, report: GateReport) -> dict[str, Any] | None:
        """Return since when there is evidence that the report was not given; null where there is none."""
        newer = selectors.newer_evidence(report)
        return newer.document() if newer else None

    def get_routes(self, report: GateReport) -> list[dict[str, Any]]:
        """Return every route of the report."""
        return list(RouteRow(selectors.routes(report), many=True).data)


class LineageNode(serializers.Serializer):
    """A dataset, run, logged model or version; `layer` counts columns from what everything came from.
    Of one that is `withheld`, because its system is hidden from the reader, the digest is all that is shown."""

    id = serializers.CharField()
    kind = serializers.CharField()
    reference = serializers.CharField()
    label = serializers.CharField()
    details = DocumentField()
    vanished = serializers.BooleanField()
    withheld = serializers.BooleanField()
    layer = serializers.IntegerField()


LineageEdge = type(
    "LineageEdge",
    (serializers.Serializer,),
    {
        "__doc__": "One came before the other; `asserted` where only a client said so.",
        "from": serializers.CharField(),
        "to": serializers.CharField(),
        "kind": serializers.CharField(),
        "label": serializers.CharField(),
        "asserted": serializers.BooleanField(),
    },
)


class LineageGraph(serializers.Serializer):
    """Where a version came from, and the runs that evaluated it."""

    nodes = LineageNode(many=True)
    edges = LineageEdge(many=True)


class ModelNamed(Given):
    """A model version."""

    model = model_field()


class ModelAndContext(Given):
    """A model version for a context."""

    model = model_field()
    context = context_field()


class RouteAnswer(Given):
    """What was done about the signal; for a route that asks for a deliberation, by which one."""

    because = text_field()
    deliberation = serializers.IntegerField(required=False, min_value=1, max_value=LARGEST_ID)


def version_of(*, endpoint: Endpoint, system: str, uri: str) -> ModelVersion:
    """Return the mirrored version that `uri` names for a system that the reader may see; raise NotFound, Invalid."""
    found = systems.system(key=system, by=endpoint.by)
    return registration.mirrored(system=found, uri=uri)


class Checkpoints(Endpoint):
    """What has been registered for a system."""

    pagination_class = Pages

    @operation(
        "evidence_checkpoint_list", summary="Registered model versions", gives=CheckpointRow(many=True), paged=True
    )
    def get(self, given: dict[str, Any], system: str) -> Any:
        return evidence.checkpoints(system=systems.system(key=system, by=self.by))

    @operation(verb="evidence.checkpoint.register", takes=ModelNamed, gives=CheckpointRow, status=201, together=False)
    def post(self, given: dict[str, Any], system: str) -> Any:
        return registration.register(system_key=system, uri=given["model"], **self.acting)


class Evidence(Endpoint):
    """What was read from a version's evaluation runs."""

    @property
    def pagination_class(self) -> type[Pages] | None:
        """Return how the list comes in pages; what was brought in just now comes whole."""
        return Pages if self.request.method == "GET" else None

    @operation(
        "evidence_evaluation_list",
        summary="The evaluations of a version, newest first",
        asks=ModelNamed,
        gives=EvaluationRow(many=True),
        paged=True,
    )
    def get(self, given: dict[str, Any], system: str) -> Any:
        return evidence.evaluations(version_of(endpoint=self, system=system, uri=given["model"]))

    @operation(
        verb="evidence.evaluation.read", takes=ModelNamed, gives=EvaluationRow(many=True), status=201, together=False
    )
    def post(self, given: dict[str, Any], system: str) -> list[EvaluationRun]:
        return registration.bring_in(system_key=system, uri=given["model"], **self.acting)


class GateReports(Endpoint):
    """What the gate said."""

    pagination_class = Pages

    @operation(
        "gates_report_list",
        summary="The newest report of each version and context",
        gives=ReportRow(many=True),
        paged=True,
    )
    def get(self, given: dict[str, Any], system: str) -> Any:
        return selectors.latest_reports(system=systems.system(key=system, by=self.by), by=self.by)

    @operation(verb="gates.report.make", takes=ModelAndContext, gives=ReportDetail, status=201)
    def post(self, given: dict[str, Any], system: str) -> GateReport:
        version = version_of(endpoint=self, system=system, uri=given["model"])
        return judging.judge(system_key=system, version=version, context_key=given["context"], **self.acting)


class GateReportView(Endpoint):
    """One report."""

    @operation("gates_report_read", summary="A gate report with its document and routes", gives=ReportDetail)
    def get(self, given: dict[str, Any], report: int) -> GateReport:
        return selectors.report(report_id=report, by=self.by)


class RouteClosing(Endpoint):
    """The end of a route."""

    @operation(verb="gates.route.close", takes=RouteAnswer, gives=RouteRow)
    def post(self, given: dict[str, Any], route: int) -> Route:
        return services.close_route(
            route_id=route, because=given["because"], deliberation_id=given.get("deliberation"), **self.acting
        )


class Lineage(Endpoint):
    """Where a version came from."""

    @operation("lineage_graph", summary="The lineage of a version", asks=ModelNamed, gives=LineageGraph)
    def get(self, given: dict[str, Any], system: str) -> Response:
        version = version_of(endpoint=self, system=system, uri=given["model"])
        return Response(evidence.lineage_graph(version, by=self.by).as_dict())
