"""Rows that came together are completed together: one query for each relation, however many rows there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.db.models import Model, prefetch_related_objects

Rows = list[Any]


class Together:
    """The rows of one request. Each row has peers: those that came with it, itself included."""

    def __init__(self) -> None:
        self._peers: dict[int, Rows] = {}
        self._found: dict[tuple[int, str], Mapping[Any, Any]] = {}

    def add(self, rows: Iterable[Any]) -> Rows:
        """Return `rows` as a list, from now on each other's peers."""
        peers = list(rows)
        self._peers.update((id(row), peers) for row in peers)
        return peers

    def one(self, row: Model, relation: str) -> Any:
        """Return what a foreign key or a one-to-one relation leads to, None when that is nothing."""
        return self.each(row, relation, lambda peers: self._ones(peers, relation))

    def many(self, row: Model, relation: str) -> Rows:
        """Return the rows at the other end of a relation, in the order in which they were made."""
        found: Rows = self.each(row, relation, lambda peers: self._manies(peers, relation))
        return found

    def each(self, row: Model, name: str, find: Callable[[Rows], Mapping[Any, Any]]) -> Any:
        """Return what `find` gives for the row's primary key; it is called once for all of the row's peers."""
        peers = self._peers.get(id(row)) or self.add([row])
        place = (id(peers), name)
        if place not in self._found:
            self._found[place] = find(peers)
        return self._found[place].get(row.pk)

    def _ones(self, peers: Rows, relation: str) -> Mapping[Any, Any]:
        prefetch_related_objects(peers, relation)
        found = {peer.pk: getattr(peer, relation, None) for peer in peers}
        self.add(row for row in found.values() if row is not None)
        return found

    def _manies(self, peers: Rows, relation: str) -> Mapping[Any, Any]:
        prefetch_related_objects(peers, relation)
        found = {peer.pk: sorted(getattr(peer, relation).all(), key=lambda row: row.pk) for peer in peers}
        self.add(row for rows in found.values() for row in rows)
        return found
