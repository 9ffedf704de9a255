"""The metrics of a system: their provenance sheets, written and withdrawn by a steward, approved by the board."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from frontend import unsent
from frontend.forms.sheets import ApproveSheetForm, SheetForm, WithdrawSheetForm
from frontend.http import PageRequest, action, done, page
from frontend.pages import sheets as pages
from governance.specs import services
from governance.systems import selectors as systems


@page
def sheets(request: PageRequest, key: str) -> HttpResponse:
    """Every metric with its sheet."""
    return _show(request, key)


@action(verb="specs.sheet.write", page="sheets", form=SheetForm)
def write(request: PageRequest, system_key: str) -> HttpResponse:
    """Write a sheet."""
    form = SheetForm(request.POST)
    if form.is_valid():
        metric = form.cleaned_data["metric"]
        with form.refusals():
            services.write_sheet(
                system_key=system_key, metric=metric, answers=form.answers, by=request.user, at=timezone.now()
            )
            return done(request, f"The sheet of {metric} is written; somebody else approves it.", "sheets", system_key)
    return _show(request, system_key, status=form.status, form=form)


@action(verb="specs.sheet.approve", page="sheets", form=ApproveSheetForm)
def approve(request: PageRequest, system_key: str) -> HttpResponse:
    """Approve a sheet."""
    form = ApproveSheetForm(request.POST)
    if form.is_valid():
        with form.refusals():
            services.approve_sheet(system_key=system_key, **form.cleaned_data, by=request.user, at=timezone.now())
            return done(request, f"{form.cleaned_data['metric']} can gate.", "sheets", system_key)
    return _show(request, system_key, status=form.status, refused=form)


@action(verb="specs.sheet.withdraw", page="sheets", form=WithdrawSheetForm)
def withdraw(request: PageRequest, system_key: str) -> HttpResponse:
    """Withdraw a sheet."""
    form = WithdrawSheetForm(request.POST, of=request.POST.get("metric", ""))
    if form.is_valid():
        with form.refusals():
            services.withdraw_sheet(system_key=system_key, **form.cleaned_data, by=request.user, at=timezone.now())
            return done(request, f"{form.cleaned_data['metric']} gates nothing any more.", "sheets", system_key)
    return _show(request, system_key, status=form.status, refused=form)


def _show(request: PageRequest, key: str, *, status: int = 200, **changed: object) -> HttpResponse:
    system = systems.system(key=key, by=request.user)
    content = pages.content(system=system, by=request.user, at=timezone.now(), metric=request.GET.get("metric", ""))
    content |= changed
    pages.show_again(content["sheets"], content.get("refused"))
    unsent.give_back(request, by=request.user, forms=[content["form"], *pages.withdrawals(content["sheets"])])
    return render(request, "sheets/sheets.html", content, status=status)
