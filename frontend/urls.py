"""The pages. Arguments that name what an action acts on are called as its service calls them."""

from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, URLResolver, path, register_converter

from frontend.converters import SemanticVersion
from frontend.views import (
    accounts,
    approvals,
    audit,
    candidates,
    deliberation,
    edge_cases,
    evidence,
    exports,
    history,
    home,
    lineage,
    servers,
    sheets,
    specs,
    systems,
)

register_converter(SemanticVersion, "semver")

_SYSTEM = "systems/<slug:system_key>/"
_SPECIFICATION = "systems/<slug:key>/specification/"
_CANDIDATE = "candidates/<int:candidate_id>/"
_DELIBERATION = "deliberations/<int:deliberation_id>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("sign-in/", accounts.SignIn.as_view(), name="sign-in"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
    path("password/", accounts.password, name="password"),
    path("password/change/", accounts.change_password, name="password-change"),
    path("lineage/", lineage.lineage, name="lineage"),
    path("servers/<slug:key>/", servers.server, name="server"),
    path("systems/", systems.systems, name="systems"),
    path("systems/<slug:key>/", systems.system, name="system"),
    path("systems/<slug:key>/versions/<path:context_key>/", systems.versions, name="versions"),
    path("systems/<slug:key>/history/", history.history, name="history"),
    path("systems/<slug:key>/history/<str:change>/<slug:side>.txt", history.value, name="history-value"),
    path(_SYSTEM + "candidates/open/", candidates.open_candidate, name="candidate-open"),
    path(_CANDIDATE, candidates.candidate, name="candidate"),
    path(_CANDIDATE + "revisions/<int:number>/", candidates.revision, name="candidate-revision"),
    path(_CANDIDATE + "sign/", candidates.sign, name="candidate-sign"),
    path(_CANDIDATE + "decide/", candidates.decide, name="candidate-decide"),
    path(_CANDIDATE + "refresh/", candidates.refresh, name="candidate-refresh"),
    path(_CANDIDATE + "withdraw/", candidates.withdraw, name="candidate-withdraw"),
    path(_CANDIDATE + "conflict/", candidates.declare_conflict, name="candidate-conflict"),
    path(_CANDIDATE + "routes/<int:route_id>/close/", candidates.close_route, name="route-close"),
    path(_CANDIDATE + "exports/<slug:kind>", exports.of_candidate, name="candidate-export"),
    path("approvals/<int:approval_id>/", approvals.approval, name="approval"),
    path("approvals/<int:approval_id>/envelope.json", approvals.envelope, name="approval-envelope"),
    path("approvals/<int:approval_id>/revoke/", approvals.revoke, name="approval-revoke"),
    path(_SPECIFICATION, specs.in_force, name="specification"),
    path(_SPECIFICATION + "compare/", specs.compare, name="specification-compare"),
    path(_SPECIFICATION + "draft/", specs.draft, name="draft"),
    path(_SPECIFICATION + "draft/lint/", specs.lint, name="draft-lint"),
    path(_SYSTEM + "specification/draft/save/", specs.save_draft, name="draft-save"),
    path(_SYSTEM + "specification/draft/put-forward/", specs.put_forward, name="draft-put-forward"),
    path(_SYSTEM + "specification/draft/ratify/", specs.ratify, name="draft-ratify"),
    path(_SPECIFICATION + "draft/specification.yaml", specs.source, name="draft-source"),
    path(_SPECIFICATION + "draft/specification.json", specs.canonical, name="draft-canonical"),
    path(_SPECIFICATION + "<semver:number>/", specs.version, name="specification-version"),
    path(_SPECIFICATION + "<semver:number>/specification.yaml", specs.source, name="specification-source"),
    path(_SPECIFICATION + "<semver:number>/specification.json", specs.canonical, name="specification-canonical"),
    path("systems/<slug:key>/metrics/", sheets.sheets, name="sheets"),
    path(_SYSTEM + "metrics/write/", sheets.write, name="sheet-write"),
    path(_SYSTEM + "metrics/approve/", sheets.approve, name="sheet-approve"),
    path(_SYSTEM + "metrics/withdraw/", sheets.withdraw, name="sheet-withdraw"),
    path("systems/<slug:key>/edge-cases/", edge_cases.edge_cases, name="edge-cases"),
    path(_SYSTEM + "edge-cases/write/", edge_cases.write, name="edge-cases-write"),
    path(_SYSTEM + "edge-cases/read/", edge_cases.read, name="edge-cases-read"),
    path("systems/<slug:key>/evidence/", evidence.evidence, name="evidence"),
    path("systems/<slug:key>/evidence/on-their-way/", evidence.uploads, name="evidence-uploads"),
    path("systems/<slug:key>/evidence/<str:digest>", evidence.file, name="evidence-file"),
    path(_SYSTEM + "evidence/upload/", evidence.upload, name="evidence-upload"),
    path("systems/<slug:key>/exports/<slug:kind>", exports.of_system, name="system-export"),
    path("systems/<slug:key>/deliberations/new/", deliberation.new, name="deliberation-new"),
    path(_SYSTEM + "deliberations/prepare/", deliberation.prepare, name="deliberation-prepare"),
    path(_DELIBERATION, deliberation.deliberation, name="deliberation"),
    path(_DELIBERATION + "open/", deliberation.open_deliberation, name="deliberation-open"),
    path(_DELIBERATION + "voting/", deliberation.open_voting, name="voting-open"),
    path(_DELIBERATION + "ballot/", deliberation.cast_ballot, name="ballot-cast"),
    path(_DELIBERATION + "position/", deliberation.state_position, name="position-state"),
    path(_DELIBERATION + "decide/", deliberation.decide, name="deliberation-decide"),
    path(_DELIBERATION + "close/", deliberation.close, name="deliberation-close"),
    path("log/", audit.log, name="log"),
    path("log/verify/", audit.verify, name="log-verify"),
    path("log/<int:leaf_id>/", audit.entry, name="entry"),
    path("log/<int:leaf_id>/entry.json", audit.entry_bytes, name="entry-bytes"),
    path("log/<int:leaf_id>/proof", audit.proof, name="entry-proof"),
]
