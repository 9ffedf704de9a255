"""The log: searched, shown, verified."""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_POST

from frontend.forms.audit import SearchForm
from frontend.http import PageRequest, page
from frontend.pages import audit as pages
from frontend.wording import EVENTS
from governance.audit import selectors, verification
from governance.audit.fsck import Progress
from governance.errors import DomainError


@page
def log(request: PageRequest) -> HttpResponse:
    """The log of one system, newest first."""
    systems = pages.readable(by=request.user, at=timezone.now())
    system = pages.readable_system(key=request.GET.get("system", ""), by=request.user, at=timezone.now())
    form = SearchForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    entries = selectors.entries(system=system.key, **wanted)
    content = {
        "systems": systems,
        "system": system,
        "form": form,
        "lines": pages.lines(entries),
        "older": entries[-1].leaf_id if len(entries) == selectors.PAGE else None,
        "head": selectors.latest_head(),
        "pending": selectors.pending(),
        "marks": {entry.leaf_id: entry.mark for entry in entries},
        "kinds": EVENTS,
    }
    return render(request, "audit/_entries.html" if request.htmx else "audit/log.html", content)


@page
def entry(request: PageRequest, leaf_id: int) -> HttpResponse:
    """One entry with its proof, once it has one."""
    found = pages.shown(leaf_id=leaf_id, by=request.user, at=timezone.now())
    proof = selectors.proof_for(leaf_id).to_bytes().decode() if found.index is not None else ""
    content = {"line": pages.lines([found])[0], "text": found.entry.decode(), "proof": proof}
    return render(request, "audit/entry.html", content | {"marks": {leaf_id: found.mark}})


@page
def entry_bytes(request: PageRequest, leaf_id: int) -> HttpResponse:
    """The exact bytes that were hashed."""
    found = pages.shown(leaf_id=leaf_id, by=request.user, at=timezone.now())
    return _file(found.entry, name=f"entry-{leaf_id}.json", kind="application/json")


@page
def proof(request: PageRequest, leaf_id: int) -> HttpResponse:
    """The proof as a file that other transparency-log tools read."""
    found = pages.shown(leaf_id=leaf_id, by=request.user, at=timezone.now())
    if found.index is None:
        raise Http404("It is not in the signed tree yet.")
    return _file(selectors.proof_for(leaf_id).to_bytes(), name=f"entry-{leaf_id}.tlog-proof", kind="text/plain")


@require_POST
@login_required
def verify(request: PageRequest) -> StreamingHttpResponse:
    """Check the whole log while one looks on."""
    if not pages.readable(by=request.user, at=timezone.now()):
        raise Http404("There is no log here that you may read.")
    return StreamingHttpResponse(_verifying(request))


def _verifying(request: PageRequest) -> Iterator[str]:
    """Yield the page as the check goes on: its head, one step after the other, the sentence, its end."""
    size = selectors.log_size()
    head, foot = render_to_string("audit/verify.html", {"size": size}, request).split("<!-- steps -->")
    yield head
    try:
        for step in verification.verify_everything():
            kind = "step" if isinstance(step, Progress) else "end"
            yield render_to_string(f"audit/_{kind}.html", {"step": step, "size": size})
    except DomainError as refusal:
        yield render_to_string("audit/_end.html", {"refusal": refusal})
    yield foot


def _file(content: bytes, *, name: str, kind: str) -> HttpResponse:
    return HttpResponse(content, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
