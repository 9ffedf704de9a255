"""The evidence of a system: what was read from runs and files, and a form for another file."""

from __future__ import annotations

from django.http import FileResponse, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from frontend.forms.evidence import EvidenceForm
from frontend.http import PageRequest, action, done, page
from frontend.pages import evidence as pages
from governance.evidence import registration, selectors
from governance.systems import selectors as systems


@page
def evidence(request: PageRequest, key: str) -> HttpResponse:
    """Every evaluation, newest first."""
    return _show(request, key)


@page
def uploads(request: PageRequest, key: str) -> HttpResponse:
    """How far large files are, asked for by the page itself while one of them moves."""
    system = systems.system(key=key, by=request.user)
    content = pages.on_their_way(system=system, by=request.user, at=timezone.now())
    return render(request, "evidence/_uploads.html", content)


@page
def file(request: PageRequest, key: str, digest: str) -> FileResponse:
    """An uploaded file, byte for byte."""
    content = selectors.file(system_key=key, digest=digest, by=request.user, at=timezone.now())
    return FileResponse(
        content, as_attachment=True, filename=f"{digest[:16]}.bin", content_type="application/octet-stream"
    )


@action(verb="evidence.file.upload", page="evidence", form=EvidenceForm)
def upload(request: PageRequest, system_key: str) -> HttpResponse:
    """Bring in a file."""
    system = systems.system(key=system_key, by=request.user)
    form = EvidenceForm(request.POST, request.FILES, models=pages.models(system))
    if form.is_valid():
        model = form.cleaned_data["model"]
        with form.refusals():
            found = registration.bring_in_file(
                system_key=system_key,
                uri=model,
                upload=form.upload(),
                by=request.user,
                at=timezone.now(),
            )
            sentence = f"{found.file['name']} is recorded as evidence about {model}: {found.cases} cases."
            return done(request, sentence, "evidence", system_key)
    return _show(request, system_key, status=form.status, form=form)


def _show(request: PageRequest, key: str, *, status: int = 200, **changed: object) -> HttpResponse:
    system = systems.system(key=key, by=request.user)
    model = request.GET.get("model", "")
    content = pages.content(system=system, by=request.user, at=timezone.now(), model=model) | changed
    return render(request, "evidence/evidence.html", content, status=status)
