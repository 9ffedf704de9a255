from __future__ import annotations

import ast
from statistics import median

from tests.architecture.sources import PRODUCT, modules, place, tree

LONGEST_FILE, MEDIAN_FILE = 400, 100
LONGEST_FUNCTION, MEDIAN_FUNCTION = 60, 10
VAGUE = {"utils", "helpers", "common", "base", "manager", "managers", "misc"}


def test_every_file_can_be_read_in_one_sitting() -> None:
    lengths = {place(path): len(path.read_text().splitlines()) for path in modules(*PRODUCT, "tests")}
    assert [f"{name}: {length}" for name, length in lengths.items() if length > LONGEST_FILE] == []
    assert median(lengths.values()) <= MEDIAN_FILE


def test_every_function_fits_on_a_page() -> None:
    functions = [
        (path, node)
        for path in modules(*PRODUCT)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    lengths = {place(path, node): (node.end_lineno or 0) - node.lineno + 1 for path, node in functions}
    assert [f"{where}: {length}" for where, length in lengths.items() if length > LONGEST_FUNCTION] == []
    assert median(lengths.values()) <= MEDIAN_FUNCTION


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [place(path) for path in modules(*PRODUCT) if path.stem in VAGUE] == []
