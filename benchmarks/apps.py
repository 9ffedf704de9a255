from __future__ import annotations

from django.apps import AppConfig


class BenchmarksConfig(AppConfig):
    """The tables that the benchmarks write to; never installed in the product."""

    name = "benchmarks"
