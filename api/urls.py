"""The machine-readable faces. Everything of the REST face stands under /api/v1/, without a trailing slash.

MODEL is `models:/NAME/VERSION`; CONTEXT a key such as `us/outreach/phone`; USER an account's id or address; T an
RFC 3339 time. Bodies are JSON objects with the fields in {braces}; a question mark means that the field may be left
out. Lists of rows come in pages: {next, previous, results}, with ?cursor= and ?limit=.

    GET   me                                            who acts, with which scopes
    GET   users                                         administrators
    POST  users                                         {email?, name, password?, kind?}
    POST  users/ID/erase
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
    PUT   systems/KEY/specification/draft               {text} or application/yaml; If-Match: 412 when stale
    POST  systems/KEY/specification/draft/put-forward   {deliberation}
    POST  systems/KEY/specification/draft/ratify        {digest}
    GET   systems/KEY/specification/versions
    GET   systems/KEY/specification/versions/NUMBER

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
    GET   systems/KEY/gate-reports                      the newest of each version and context
    POST  systems/KEY/gate-reports                      {model: MODEL, context: CONTEXT}
    GET   gate-reports/ID                               with document, signals and routes
    POST  routes/ID/close                               {because}
    GET   systems/KEY/lineage ?model=MODEL              nodes and edges

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
    GET   approvals/ID/trace                            decision, votes, specification, evidence, lineage, log places
    POST  approvals/ID/revoke                           {reason}
    GET   check ?model=MODEL&context=CONTEXT&digest=    {allowed, …, unmet: [{key, sentence}]}, always 200
    GET   systems/KEY/trace ?context=CONTEXT            from what is live there to all of that

    GET   systems/KEY/live ?as_of=T
    GET   promotions ?system=&state=                    what went live without an approval
    POST  systems/KEY/synchronisations                  202

    GET   log/tree-head                                 {size, root, note}
    GET   log/key                                       the log's public key
    GET   log/entries ?system=KEY&subject=&type=&actor=&since=T&until=T&before=LEAF&limit=
    GET   log/entries/INDEX
    GET   log/leaves/LEAF
    GET   log/leaves/LEAF/proof                         {index, hashes, note, text}
    POST  log/leaves/LEAF/erasures                      {name, ground}
    GET   log/consistency ?old=&new=                    {old, new, hashes}

Beside them: /api/schema/ (OpenAPI 3.1; ?format=json), /api/docs/ (Swagger UI) and /api/graphql/.
"""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
