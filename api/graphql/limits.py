"""How much one query may ask, known before anything is read."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Any

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLError,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValidationContext,
    ValidationRule,
)

DEEPEST = 12
MOST_ALIASES = 20
COST_LIMIT = 2_000
CHARACTERS = 20_000
TOKENS = 1_000
COMMENTS = 100
LARGEST_PAGE = 20
MOST_DIGITS = 100
WEIGHTS = {
    "lineage": 50,
    "upstream": 25,
    "downstream": 25,
    "registration": 10,
    "live": 25,
    "endedBecause": 10,
    "__schema": 400,
    "__type": 40,
}
"""What a field costs by itself, where that is not 1: about as many reads as it makes."""


@dataclass(frozen=True, slots=True)
class Size:
    """How deep a selection goes, how many fields it names under another name, and what it costs."""

    depth: int = 0
    aliases: int = 0
    cost: int = 0

    def __add__(self, other: Size) -> Size:
        return Size(max(self.depth, other.depth), self.aliases + other.aliases, self.cost + other.cost)


class Limits(ValidationRule):
    """Refuses operations that go too deep, ask the same under too many names, or cost too much. Fragments count
    wherever they are spread. Introspection has a depth rule of its own."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self._fragments: dict[str, Size] = {}

    def enter_operation_definition(self, node: OperationDefinitionNode, *_: Any) -> None:
        """Report each limit that the operation exceeds."""
        size = self._selection(node.selection_set)
        for what, found, limit in (
            ("goes {} levels deep", size.depth, DEEPEST),
            ("has {} aliases", size.aliases, MOST_ALIASES),
            ("costs {}", size.cost, COST_LIMIT),
        ):
            if found > limit:
                sentence = f"This query {what.format(found)}; the limit is {limit}. Ask for less at a time."
                self.report_error(GraphQLError(sentence, node, extensions={"code": "query-too-large"}))

    def enter_int_value(self, node: IntValueNode, *_: Any) -> None:
        """Report an integer that no field takes, before a rule that follows reads it as a number."""
        if len(node.value.lstrip("-")) > MOST_DIGITS:
            self.report_error(GraphQLError(f"An integer has at most {MOST_DIGITS} digits here.", node))

    def _selection(self, selected: SelectionSetNode | None) -> Size:
        return reduce(Size.__add__, map(self._size, selected.selections if selected else ()), Size())

    def _size(self, node: Any) -> Size:
        if isinstance(node, FieldNode):
            return self._field(node)
        if isinstance(node, FragmentSpreadNode):
            return self._spread(node.name.value)
        return self._selection(node.selection_set)

    def _field(self, node: FieldNode) -> Size:
        within = self._selection(node.selection_set)
        introspects = node.name.value.startswith("__")
        return Size(
            depth=0 if introspects else within.depth + 1,
            aliases=within.aliases + (node.alias is not None),
            cost=self._rows(node) * within.cost + WEIGHTS.get(node.name.value, 1),
        )

    def _spread(self, name: str) -> Size:
        if name not in self._fragments:
            # A fragment that spreads itself is refused by another rule; here it must only come to an end.
            self._fragments[name] = Size()
            fragment = self.context.get_fragment(name)
            self._fragments[name] = self._selection(fragment.selection_set) if fragment else Size()
        return self._fragments[name]

    def _rows(self, node: FieldNode) -> int:
        """Return how many rows a field gives at most, as far as its arguments say; lists within a row are short.

        Reports a size that no page has: what is refused later must not have made the query cheap before.
        """
        if node.name.value != "approvals":
            return 1
        given = next((argument.value for argument in node.arguments if argument.name.value == "first"), None)
        if given is None:
            return 10 if node.arguments else LARGEST_PAGE
        if not isinstance(given, IntValueNode):
            return LARGEST_PAGE
        if not _is_page(given.value):
            sentence = f"`first` is not between 1 and {LARGEST_PAGE}. Ask for fewer, and again with before."
            self.report_error(GraphQLError(sentence, given))
            return LARGEST_PAGE
        return int(given.value)


def _is_page(digits: str) -> bool:
    """Say whether the literal is a page's size, without reading thousands of digits as a number."""
    return len(digits) <= len(str(LARGEST_PAGE)) and 1 <= int(digits) <= LARGEST_PAGE
