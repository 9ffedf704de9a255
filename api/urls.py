"""The machine-readable faces. Everything of the REST face stands under /api/v1/, without a trailing slash.

MODEL is `models:/NAME/VERSION`; CONTEXT a key such as `us/outreach/phone`; USER an account's id or address; T an
RFC 3339 time; the ID of a candidate or an approval its number, with or without its letter: `C-1`, `A-1`, `1`. Bodies
are JSON objects with the fields in {braces}; a question mark means that the field may be left out. Lists of rows come
in pages: {next, previous, results}, with ?cursor= and ?limit=.

    GET   me                                            who acts, with which scopes
    GET   users                                         administrators
    POST  users                                         {email?, name, password?, kind?}
    POST  users/ID/erase
    POST  users/ID/password                             → {id, password}, to be changed at the next sign-in
    GET   tokens                                        one's own
    POST  tokens                                        {user?, label, scopes, expires_at} → {…, secret}
    POST  tokens/ID/revoke

    GET   systems
    POST  systems                                       {key, name, purpose, owner}
    GET   systems/KEY                                   with contexts, groups, registered models and one's own roles
    GET   systems/KEY/contexts
    POST  systems/KEY/contexts                          {key, name, stakes, live_alias}
    GET   systems/KEY/models
    POST  systems/KEY/models                            {server, name}
    GET   systems/KEY/groups
    POST  systems/KEY/groups                            {key, name, mandate, affected_because, floor, selector}
    GET   systems/KEY/grants
    POST  systems/KEY/grants                            {user, role, group?, starts_at?, ends_at}
    POST  grants/ID/end

    POST  specifications/lint                           {text} → {problems}
    GET   systems/KEY/specification ?as_of=T            the one in force
    GET   systems/KEY/specification/draft               ETag: the draft's digest
    PUT   systems/KEY/specification/draft               {text} or application/yaml; If-Match: 428 without, 412 if stale
    GET   systems/KEY/specification/draft/text          as it was written, application/yaml
    GET   systems/KEY/specification/draft/document      canonical JSON, whose SHA-256 is the digest
    GET   systems/KEY/specification/draft/consequences  its changes, what they take, and which approvals would lapse
    POST  systems/KEY/specification/draft/put-forward   {deliberation}
    POST  systems/KEY/specification/draft/ratify        {digest}
    GET   systems/KEY/sheets                            the newest provenance sheet of each metric
    POST  systems/KEY/sheets                            {metric, answers}
    GET   systems/KEY/sheets/METRIC                     every writing of it
    GET   systems/KEY/sheets/METRIC/consequences        what rests on it
    POST  systems/KEY/sheet-approvals                   {metric, digest}
    POST  systems/KEY/sheet-withdrawals                 {metric, digest, because}
    GET   systems/KEY/specification/versions
    GET   systems/KEY/specification/versions/NUMBER
    GET   systems/KEY/specification/versions/NUMBER/text
    GET   systems/KEY/specification/versions/NUMBER/document

    GET   deliberations ?system=&state=
    POST  systems/KEY/deliberations                     {subject, subject_digest, question, framing, options,
                                                        seated_groups, rule, quorum, group_quorum, smallest_group,
                                                        proposer}
    GET   deliberations/ID                              with turnout, outcome and dissent
    POST  deliberations/ID/open
    POST  deliberations/ID/voting                       {until}
    GET   deliberations/ID/positions
    POST  deliberations/ID/positions                    {kind, text}
    GET   deliberations/ID/ballot                       one's own
    POST  deliberations/ID/ballot                       {ranking}
    POST  deliberations/ID/decide
    POST  deliberations/ID/close                        {answer}

    GET   systems/KEY/checkpoints
    POST  systems/KEY/checkpoints                       {model: MODEL}; repeating it changes nothing
    GET   systems/KEY/evidence ?model=MODEL
    POST  systems/KEY/evidence                          {model: MODEL} → what was read from its evaluation runs
    POST  systems/KEY/evidence-files                    multipart: {model, file, level, mapping?, format?, results?,
                                                        evaluated_at?, evaluator?, model_digest?}
    GET   systems/KEY/evidence-files/DIGEST             the very bytes
    POST  systems/KEY/evidence-uploads                  {model, name, size, digest, level, …}; a large file, in parts
    GET   systems/KEY/evidence-uploads/ID               how much of it is here, how far it is read, what is wrong
    POST  systems/KEY/evidence-uploads/ID/parts         multipart: {offset, part}
    GET   systems/KEY/edge-cases                        sets, versions and exposures; what is held out without its cases
    POST  systems/KEY/edge-cases                        {text}
    POST  systems/KEY/edge-case-openings                {key, version, because} → the cases, recorded as read
    GET   systems/KEY/gate-reports                      the newest of each version and context
    POST  systems/KEY/gate-reports                      {model: MODEL, context: CONTEXT}
    GET   systems/KEY/versions ?context=CONTEXT         beside each other: cells, who dominates whom, tensions
    GET   gate-reports/ID                               with document, signals and routes
    POST  routes/ID/close                               {because}
    GET   systems/KEY/lineage ?model=MODEL              nodes and edges
    GET   systems/KEY/lineage/links ?model=MODEL&as_of=T  which are observed, only asserted, or missing
    GET   systems/KEY/history ?model=MODEL&what=&as_of=T  what became of a version or, with models:/NAME, of a model
    GET   systems/KEY/history/ID                        one of its changes, with the whole values
    GET   systems/KEY/state ?model=MODEL&as_of=T        what was known of it at a time
    GET   lineage/upstream ?of=THING&as_of=T            THING: a dataset, run, logged model, version or commit
    GET   lineage/downstream ?of=THING&as_of=T
    GET   lineage/impact ?of=THING&as_of=T              versions, candidates, approvals and deployments
    GET   lineage/paths ?of=THING&to=THING&as_of=T      the ways from one to the other
    GET   lineage/common-ancestors ?of=THING&to=THING&as_of=T
    GET   systems/KEY/exports/prov ?model=MODEL         W3C PROV-JSON of one version or, without model, of all
    GET   systems/KEY/exports/openlineage ?model=MODEL  OpenLineage events
    GET   systems/KEY/exports/cyclonedx ?model=MODEL    application/vnd.cyclonedx+json
    GET   candidates/ID/exports/prov                    what a candidate pins, and what became of it
    GET   candidates/ID/exports/openlineage
    GET   candidates/ID/exports/cyclonedx

    GET   candidates ?system=&state=&context=
    POST  systems/KEY/candidates                        {model: MODEL, context: CONTEXT}
    GET   candidates/ID                                 with the revision to sign, requirements, sign-offs, decision
    POST  candidates/ID/refresh
    POST  candidates/ID/withdraw                        {reason}
    POST  candidates/ID/conflicts                       {reason}
    POST  candidates/ID/sign-offs                       {shown_digest, role, group?, stance, reason?}
    POST  candidates/ID/decision                        {shown_digest, outcome, reason}

    GET   approvals ?system=&state=&context=
    GET   approvals/ID
    GET   approvals/ID/envelope                         DSSE, application/vnd.dsse.envelope.v1+json
    GET   approvals/ID/bundle                           application/zip; 409 until the log has signed every entry
    GET   approvals/ID/trace                            decision, votes, specification, evidence, lineage, log places
    POST  approvals/ID/revoke                           {reason}
    GET   check ?model=MODEL&context=CONTEXT&digest=&manifest=  {allowed, …, unmet: [{key, sentence}]}, always 200
    GET   systems/KEY/trace ?context=CONTEXT&model=NAME from what is live there to all of that

    POST  servers                                       {key, url} of an MLflow tracking server
    POST  servers/KEY/hook                              {callback?}: have it hint at changes, and try that
    POST  servers/KEY/hook/end                          {}: remove its webhook and take no hints any more
    GET   servers                                       administrators
    GET   servers/KEY                                   how it fares, and its last synchronisations
    GET   systems/KEY/live ?as_of=T
    GET   promotions ?system=&state=                    what went live without an approval
    GET   marks ?system=&state=                         aliases and tags that others moved
    GET   claims ?system=&state=                        stages and copies without an approval
    GET   incidents ?system=&state=                     versions whose files were changed
    POST  systems/KEY/synchronisations                  202

    GET   log/tree-head                                 {size, root, note}
    GET   log/keys                                      public keys of log and attestations, text/plain, for everybody
    GET   log/entries ?system=KEY&subject=&type=&actor=&since=T&until=T&before=LEAF&limit=
    GET   log/entries/INDEX
    GET   log/leaves/LEAF
    GET   log/leaves/LEAF/proof                         {index, hashes, note, text}
    POST  log/leaves/LEAF/erasures                      {name, ground}
    GET   log/consistency ?old=&new=                    {old, new, hashes}

Beside them: /api/schema/ (OpenAPI 3.1; ?format=json), /api/docs/ (Swagger UI) and /api/graphql/.
"""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path, re_path, register_converter
from django.urls.converters import StringConverter
from drf_spectacular.views import SpectacularAPIView

from api import documentation
from api.graphql import view
from api.numbers import ApprovalNumber, CandidateNumber
from api.rest import (
    accounts,
    approvals,
    candidates,
    checkpoints,
    consequences,
    deliberations,
    edge_cases,
    evidence_files,
    evidence_uploads,
    exports,
    extracts,
    history,
    lineage,
    log,
    monitoring,
    servers,
    sheets,
    siblings,
    specification_files,
    specifications,
    systems,
    trace,
)


class VersionNumber(StringConverter):
    """A semantic version; another address is nobody's."""

    regex = r"[0-9]+\.[0-9]+\.[0-9]+[0-9A-Za-z.+-]*"


register_converter(VersionNumber, "version")
register_converter(CandidateNumber, "candidate")
register_converter(ApprovalNumber, "approval")
SYSTEM = "systems/<slug:system>/"
DELIBERATION = "deliberations/<int:deliberation>/"
CANDIDATE = "candidates/<candidate:candidate>/"
APPROVAL = "approvals/<approval:approval>/"

rest = [
    path("me", accounts.Me.as_view()),
    path("users", accounts.Users.as_view()),
    path("users/<uuid:user>/erase", accounts.UserErasure.as_view()),
    path("users/<uuid:user>/password", accounts.PasswordReset.as_view()),
    path("tokens", accounts.Tokens.as_view()),
    path("tokens/<int:token>/revoke", accounts.TokenRevocation.as_view()),
    path("systems", systems.Systems.as_view()),
    path("systems/<slug:system>", systems.System.as_view()),
    path(SYSTEM + "contexts", systems.Contexts.as_view()),
    path(SYSTEM + "models", systems.Models.as_view()),
    path(SYSTEM + "groups", systems.Groups.as_view()),
    path(SYSTEM + "grants", systems.Grants.as_view()),
    path("grants/<int:grant>/end", systems.GrantEnding.as_view()),
    path("specifications/lint", specifications.Lint.as_view()),
    path(SYSTEM + "specification", specifications.InForce.as_view()),
    path(SYSTEM + "specification/draft", specifications.WorkingDraft.as_view()),
    path(SYSTEM + "specification/draft/text", specification_files.DraftText.as_view()),
    path(SYSTEM + "specification/draft/document", specification_files.DraftDocument.as_view()),
    path(SYSTEM + "specification/draft/consequences", consequences.Consequences.as_view()),
    path(SYSTEM + "specification/draft/put-forward", specifications.PuttingForward.as_view()),
    path(SYSTEM + "specification/draft/ratify", specifications.Ratification.as_view()),
    path(SYSTEM + "sheets", sheets.Sheets.as_view()),
    path(SYSTEM + "sheets/<str:metric>", sheets.Sheet.as_view()),
    path(SYSTEM + "sheets/<str:metric>/consequences", consequences.SheetConsequences.as_view()),
    path(SYSTEM + "sheet-approvals", sheets.SheetApprovals.as_view()),
    path(SYSTEM + "sheet-withdrawals", sheets.SheetWithdrawals.as_view()),
    path(SYSTEM + "specification/versions", specifications.Versions.as_view()),
    path(SYSTEM + "specification/versions/<version:number>", specifications.Version.as_view()),
    path(SYSTEM + "specification/versions/<version:number>/text", specification_files.VersionText.as_view()),
    path(SYSTEM + "specification/versions/<version:number>/document", specification_files.VersionDocument.as_view()),
    path("deliberations", deliberations.Deliberations.as_view()),
    path(SYSTEM + "deliberations", deliberations.SystemDeliberations.as_view()),
    path("deliberations/<int:deliberation>", deliberations.DeliberationView.as_view()),
    path(DELIBERATION + "open", deliberations.Opening.as_view()),
    path(DELIBERATION + "voting", deliberations.Voting.as_view()),
    path(DELIBERATION + "positions", deliberations.Positions.as_view()),
    path(DELIBERATION + "ballot", deliberations.BallotBox.as_view()),
    path(DELIBERATION + "decide", deliberations.Counting.as_view()),
    path(DELIBERATION + "close", deliberations.Closing.as_view()),
    path(SYSTEM + "checkpoints", checkpoints.Checkpoints.as_view()),
    path(SYSTEM + "evidence", checkpoints.Evidence.as_view()),
    path(SYSTEM + "edge-cases", edge_cases.EdgeCaseSets.as_view()),
    path(SYSTEM + "edge-case-openings", edge_cases.EdgeCaseOpenings.as_view()),
    path(SYSTEM + "evidence-files", evidence_files.EvidenceFiles.as_view()),
    path(SYSTEM + "evidence-files/<str:digest>", evidence_files.EvidenceFileContent.as_view()),
    path(SYSTEM + "evidence-uploads", evidence_uploads.EvidenceUploads.as_view()),
    path(SYSTEM + "evidence-uploads/<int:upload>", evidence_uploads.OneUpload.as_view()),
    path(SYSTEM + "evidence-uploads/<int:upload>/parts", evidence_uploads.UploadParts.as_view()),
    path(SYSTEM + "gate-reports", checkpoints.GateReports.as_view()),
    path(SYSTEM + "versions", siblings.Versions.as_view()),
    path("gate-reports/<int:report>", checkpoints.GateReportView.as_view()),
    path("routes/<int:route>/close", checkpoints.RouteClosing.as_view()),
    path(SYSTEM + "lineage", checkpoints.Lineage.as_view()),
    path(SYSTEM + "lineage/links", lineage.Links.as_view()),
    path(SYSTEM + "history", history.Changes.as_view()),
    path(SYSTEM + "history/<str:change>", history.OneChange.as_view()),
    path(SYSTEM + "state", history.States.as_view()),
    path("lineage/upstream", lineage.Upstream.as_view()),
    path("lineage/downstream", lineage.Downstream.as_view()),
    path("lineage/paths", lineage.Paths.as_view()),
    path("lineage/common-ancestors", lineage.CommonAncestors.as_view()),
    path("lineage/impact", lineage.Impacts.as_view()),
    path("candidates", candidates.Candidates.as_view()),
    path(SYSTEM + "candidates", candidates.SystemCandidates.as_view()),
    path("candidates/<candidate:candidate>", candidates.CandidateView.as_view()),
    path(CANDIDATE + "refresh", candidates.Refreshment.as_view()),
    path(CANDIDATE + "withdraw", candidates.Withdrawal.as_view()),
    path(CANDIDATE + "conflicts", candidates.Conflicts.as_view()),
    path(CANDIDATE + "sign-offs", candidates.SignOffs.as_view()),
    path(CANDIDATE + "decision", candidates.Deciding.as_view()),
    path("approvals", approvals.Approvals.as_view()),
    path("approvals/<approval:approval>", approvals.ApprovalView.as_view()),
    path(APPROVAL + "envelope", approvals.Envelope.as_view()),
    path(APPROVAL + "trace", trace.ApprovalTrace.as_view()),
    path(APPROVAL + "bundle", exports.Bundle.as_view()),
    path(APPROVAL + "revoke", approvals.Revocation.as_view()),
    path("check", approvals.Check.as_view()),
    path(SYSTEM + "trace", trace.SystemTrace.as_view()),
    path(SYSTEM + "live", monitoring.Live.as_view()),
    path("promotions", monitoring.Promotions.as_view()),
    path("marks", monitoring.Marks.as_view()),
    path("claims", monitoring.Claims.as_view()),
    path("incidents", monitoring.Incidents.as_view()),
    path(SYSTEM + "synchronisations", monitoring.Synchronisations.as_view()),
    path("servers", monitoring.Servers.as_view()),
    path("servers/<slug:server>/hook", monitoring.ServerHook.as_view()),
    path("servers/<slug:server>/hook/end", monitoring.HookEnding.as_view()),
    path("servers/<slug:server>", servers.Server.as_view()),
    path("log/tree-head", log.TreeHead.as_view()),
    path("log/keys", exports.Keys.as_view()),
    path("log/entries", log.Entries.as_view()),
    path("log/entries/<int:index>", log.EntryAt.as_view()),
    path("log/leaves/<int:leaf>", log.Leaf.as_view()),
    path("log/leaves/<int:leaf>/proof", log.Proof.as_view()),
    path("log/leaves/<int:leaf>/erasures", log.Erasures.as_view()),
    path("log/consistency", log.Consistency.as_view()),
    *extracts.routes(system=SYSTEM, candidate=CANDIDATE),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/", include(rest)),
    path("graphql/", view.Queries.as_view(), name="api-graphql"),
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("docs/", documentation.page, name="api-docs"),
    path("docs/start.js", documentation.start, name="api-docs-start"),
    re_path(r"^v1(?:/[\s\S]*)?$", documentation.unknown),
]
