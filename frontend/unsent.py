"""What somebody typed into a form that they sent after their session had ended: kept until they are back."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpRequest, QueryDict

from frontend.forms.service import ServiceForm
from governance.accounts.models import User

KEPT = "unsent"
WRITER = "written_by"
"""The field in which every form says whose page it was on; only they are given back what was typed."""
LONGEST = 300_000
"""How many characters are kept; the longest specification fits."""


def keep(request: HttpRequest, *, form: type[ServiceForm], name: str, page: str) -> bool:
    """Keep what was typed into the form `name` of the address `page`; say whether there was something to keep."""
    writer = request.POST.get(WRITER, "")
    typed = {field: request.POST.getlist(field) for field in form.typed_fields()}
    length = sum(len(value) for values in typed.values() for value in values)
    if not writer or not 0 < length <= LONGEST:
        return False
    seen = {field: request.POST.getlist(field) for field in form.seen}
    request.session[KEPT] = {"page": page, "form": name, "by": writer, "typed": typed | seen}
    return True


def give_back(request: HttpRequest, *, by: User, forms: Iterable[ServiceForm]) -> None:
    """Fill the form, of those on this page, into which `by` typed what is kept."""
    kept = request.session.get(KEPT)
    if kept is None or kept["page"] != request.path or kept["by"] != by.actor:
        return
    for form in forms:
        if form.name == kept["form"] and not form.is_bound:
            form.give_back(_sent(kept["typed"]))


def forget(request: HttpRequest, *, name: str, page: str) -> None:
    """Keep nothing more of a form that has been sent."""
    kept = request.session.get(KEPT)
    if kept is not None and (kept["page"], kept["form"]) == (page, name):
        del request.session[KEPT]


def _sent(typed: dict[str, list[str]]) -> QueryDict:
    data = QueryDict(mutable=True)
    for name, values in typed.items():
        data.setlist(name, values)
    return data
