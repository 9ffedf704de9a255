"""Filters and tags that every page uses."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django import template
from django.template import RequestContext
from django.urls import reverse
from django.utils import timezone

from frontend import figures, moments, wording
from frontend.pages import audit
from governance import unseen
from governance.exports.formats import FORMATS

register = template.Library()

MARKS = {"recorded": ("◻", "recorded; not in the signed tree yet"), "in-tree": ("◼", "in the signed tree")}


@register.filter
def words(key: str) -> str:
    """Show a key as words."""
    return wording.plain(str(key))


@register.filter
def number(value: str, digits: int = figures.FEWEST) -> str:
    """Show a decimal string with so many places."""
    return figures.shown(value, digits)


@register.filter
def figure(value: str | None) -> str:
    """Show a decimal string shortly, and what is not there as a dash."""
    return "–" if value is None else figures.figure(value)


@register.filter
def get(mapping: dict[Any, Any], key: Any) -> Any:
    """Look a variable key up."""
    return mapping.get(key)


@register.inclusion_tag("components/verdict.html")
def verdict(value: str, short: bool = False) -> dict[str, Any]:
    """Show a verdict by shape, word and colour."""
    tone = value.lower().replace("_", "-")
    return {"shape": wording.SHAPES[value], "word": wording.verdict(value), "tone": tone, "short": short}


@register.inclusion_tag("components/digest.html")
def digest(value: str) -> dict[str, str]:
    """Show the first 12 characters of a digest, which copies whole."""
    return {"value": value, "short": value[:12]}


@register.inclusion_tag("components/when.html")
def when(moment: datetime) -> dict[str, Any]:
    """Show a moment relative to now, with its absolute time and zone on hover."""
    return {
        "moment": moment,
        "relative": moments.relative(moment, now=timezone.now()),
        "absolute": moments.absolute(moment),
    }


@register.inclusion_tag("components/text.html")
def foreign(text: str) -> dict[str, Any]:
    """Show what others wrote, whichever way it runs, with the characters in it that nobody would see."""
    return {"parts": list(unseen.parts(text))}


@register.inclusion_tag("components/proof.html", takes_context=True)
def proof(context: template.Context, leaf_id: int) -> dict[str, Any]:
    """Show the proof mark of a log entry, which leads to the entry; the page gives `marks` by leaf."""
    sign, meaning = MARKS[context["marks"].get(leaf_id, "recorded")]
    return {"leaf_id": leaf_id, "sign": sign, "meaning": meaning}


@register.inclusion_tag("components/exports.html")
def exports(what: str, *, system: str = "", candidate: int = 0, model: str = "") -> dict[str, Any]:
    """Link to `what`, a system, a version of it or a candidate, in each format that others read."""
    of = ("candidate-export", candidate) if candidate else ("system-export", system)
    query = f"?{urlencode({'model': model})}" if model else ""
    links = [(one.title, reverse(of[0], args=[of[1], name]) + query) for name, one in FORMATS.items()]
    return {"what": what, "links": links}


@register.simple_tag(takes_context=True)
def may_read_log(context: RequestContext) -> bool:
    """Say whether the reader may read the log of any system."""
    return bool(audit.readable(by=context["request"].user, at=timezone.now()))
