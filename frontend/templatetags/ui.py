"""Filters that every page uses."""

from __future__ import annotations

from django import template

register = template.Library()
