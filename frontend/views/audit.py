"""The log: searched, shown, verified."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone

from frontend.forms.audit import SearchForm, VerifyForm
from frontend.http import PageRequest, page, posted
from frontend.pages import audit as pages
from governance.audit import selectors, verification
from governance.audit.fsck import Finding, Progress
from governance.errors import DomainError


@page
def log(request: PageRequest) -> HttpResponse:
    """The log of one system, newest first."""
    search = SearchForm(request.GET)
    content = pages.content(key=request.GET.get("system", ""), search=search, by=request.user, at=timezone.now())
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


@posted(page="log", form=VerifyForm)
def verify(request: PageRequest) -> HttpResponseBase:
    """Check the log from some place on while one looks on."""
    pages.readable_system(key="", by=request.user, at=timezone.now())
    form = VerifyForm(request.POST)
    if form.is_valid():
        return StreamingHttpResponse(_verifying(request, since=form.cleaned_data["since"]))
    content = pages.content(key="", search=SearchForm({}), by=request.user, at=timezone.now())
    return render(request, "audit/log.html", content | {"verify": form}, status=form.status)


def _verifying(request: PageRequest, *, since: int) -> Iterator[str]:
    """Yield the page as the check goes on: its head, one step after the other, the sentence, its end."""
    whole = {"since": since, "count": max(selectors.log_size() - since, 0)}
    head, foot = render_to_string("audit/verify.html", whole, request).split("<!-- steps -->")
    yield head
    try:
        for step in verification.verify_everything(since):
            yield _step(step, whole)
    except DomainError as refusal:
        yield render_to_string("audit/_end.html", {"refusal": refusal})
    yield foot


def _step(step: Progress | Finding | verification.Verified, whole: dict[str, int]) -> str:
    if isinstance(step, Progress):
        return render_to_string("audit/_step.html", whole | {"checked": step.checked - whole["since"]})
    return render_to_string("audit/_end.html", {"step": step})


def _file(content: bytes, *, name: str, kind: str) -> HttpResponse:
    return HttpResponse(content, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
