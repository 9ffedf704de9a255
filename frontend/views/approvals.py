"""Approvals."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from frontend import unsent
from frontend.forms.candidates import RevokeForm
from frontend.http import PageRequest, action, done, page
from frontend.pages import approvals as pages
from governance.approvals import issuing, selectors


@page
def approval(request: PageRequest, approval_id: int) -> HttpResponse:
    """One approval."""
    return _show(request, approval_id)


@page
def envelope(request: PageRequest, approval_id: int) -> HttpResponse:
    """The approval's DSSE envelope, as a file."""
    found = selectors.approval(approval_id=approval_id, by=request.user)
    disposition = {"Content-Disposition": f'attachment; filename="{found}.dsse.json"'}
    return HttpResponse(bytes(found.envelope), content_type="application/vnd.dsse.envelope+json", headers=disposition)


@action(verb="approvals.approval.revoke", page="approval", form=RevokeForm)
def revoke(request: PageRequest, approval_id: int) -> HttpResponse:
    """Revoke an approval."""
    form = RevokeForm(request.POST)
    if form.is_valid():
        with form.refusals():
            issuing.revoke(approval_id=approval_id, **form.cleaned_data, by=request.user, at=timezone.now())
            return done(request, "The approval is revoked; from now on the answer is no.", "approval", approval_id)
    return _show(request, approval_id, form=form)


def _show(request: PageRequest, approval_id: int, form: RevokeForm | None = None) -> HttpResponse:
    found = selectors.approval(approval_id=approval_id, by=request.user)
    content = pages.content(approval=found, by=request.user, at=timezone.now())
    content |= {"form": form} if form else {}
    unsent.give_back(request, by=request.user, forms=[content["form"]])
    return render(request, "approvals/approval.html", content, status=content["form"].status)
