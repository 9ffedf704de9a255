"""Logs that Inspect 0.3.285 itself wrote: ten questions, of which it answers every fifth wrongly."""

from __future__ import annotations

import io
import json
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from governance.errors import Invalid
from governance.evidence import formats
from governance.evidence.formats import inspect_log
from governance.evidence.formats.table import Table

LOGS = Path(__file__).parent / "logs"
ONCE, TWICE = (LOGS / name for name in ("recall.eval", "twice.eval"))


def read(data: bytes, name: str = "log.eval") -> Table:
    form, table = formats.read(io.BytesIO(data), name=name)
    assert form == "inspect"
    return table


def rows(table: Table) -> list[dict[str, Any]]:
    [batch] = table.batches(0)
    return [{name: batch.cells(name)[row] for name in batch.names} for row in range(batch.size)]


def as_document(path: Path, **changed: Any) -> bytes:
    """Return the same log as Inspect's JSON: the header, and the samples in it."""
    inspect_log.read(io.BytesIO(path.read_bytes()))
    with zipfile.ZipFile(path) as archive:
        samples = [json.loads(archive.read(name)) for name in archive.namelist() if name.startswith("samples/")]
        return json.dumps(json.loads(archive.read("header.json")) | {"samples": samples} | changed).encode()


def test_each_sample_is_a_case_with_its_score_metadata_and_when_it_ran() -> None:
    found = read(ONCE.read_bytes())
    assert [row["scores.includes"] for row in rows(found)] == [0, 1, 1, 1, 1, 0, 1, 1, 1, 1]
    assert rows(found)[1] == {"id": "case-01", "metadata.health": "poor", "scores.includes": Decimal(1)}
    assert next(found.batches(0)).place(0) == "sample case-00"
    assert found.measured_at is not None
    assert found.measured_at.tzinfo is not None


def test_its_own_figure_is_the_claim() -> None:
    claims = read(ONCE.read_bytes()).claims
    assert Decimal(claims["scores.includes"]) == Decimal("0.8")


def test_the_archive_and_the_document_say_the_same() -> None:
    document, archive = read(as_document(ONCE), "log.json"), read(ONCE.read_bytes())
    assert (rows(document), document.claims) == (rows(archive), archive.claims)


def test_epochs_are_no_cases_of_their_own() -> None:
    found = read(TWICE.read_bytes())
    assert [row["scores.includes"] for row in rows(found)] == [0, 1, 1, 1, 1, 0, 1, 1, 1, 1]


def test_scores_of_several_keys_and_of_letters_are_read_and_a_missing_epoch_is_no_nought() -> None:
    def sample(name: str, epoch: int, value: Any) -> dict[str, Any]:
        return {"id": name, "epoch": epoch, "scores": {"judge": {"value": value}} if value is not None else {}}

    samples = [
        sample("a", 1, {"harm": 0, "kind": "P"}),
        sample("b", 1, {"harm": 1, "kind": "N"}),
        sample("c", 1, "C"),
        sample("c", 2, "I"),
        sample("d", 1, "C"),
        sample("d", 2, None),
    ]
    found = rows(read(as_document(ONCE, samples=samples), "log.json"))
    assert (found[0]["scores.judge.harm"], found[0]["scores.judge.kind"]) == (0, Decimal("0.5"))
    assert [row.get("scores.judge") for row in found[2:]] == [Decimal("0.5"), None]


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"status": "error"}, "ended with status 'error'"),
        ({"status": "started"}, "ended with status 'started'"),
        ({"invalidated": True}, "was invalidated"),
        ({"samples": []}, "has no rows"),
        ({"samples": [{"epoch": 1}]}, "no log of Inspect"),
        ({"samples": 3}, "no log of Inspect"),
        ({"eval": {}}, "no log of Inspect"),
        ({"eval": {"created": "yesterday"}}, "no log of Inspect"),
    ],
)
def test_a_log_that_is_no_finished_evaluation_is_refused(changed: dict[str, Any], what: str) -> None:
    with pytest.raises(Invalid, match=what):
        read(as_document(ONCE, **changed), "log.json")


def test_a_damaged_archive_and_one_that_unpacks_to_too_much_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    data = bytearray(ONCE.read_bytes())
    data[len(data) // 2] ^= 0xFF
    for broken in (bytes(data), ONCE.read_bytes()[:-30], b"PK\x03\x04"):
        with pytest.raises(Invalid):
            read(broken)
    empty = io.BytesIO()
    zipfile.ZipFile(empty, "w").close()
    with pytest.raises(Invalid, match="no log of Inspect"):
        read(empty.getvalue())
    monkeypatch.setattr(inspect_log, "MOST_AT_ONCE", 1000)
    with pytest.raises(Invalid, match="unpacks to over"):
        read(ONCE.read_bytes())


def test_a_byte_flipped_anywhere_is_read_or_refused_and_nothing_else() -> None:
    data = ONCE.read_bytes()
    refused = 0
    for place in range(0, len(data), 11):
        broken = bytearray(data)
        broken[place] ^= 0x41
        try:
            read(bytes(broken))
        except Invalid:
            refused += 1
    assert refused > len(data) // 30


@pytest.mark.parametrize("figure", [None, "N/A", 1e300, "1e9999999", True])
def test_a_figure_that_is_none_is_no_claim(figure: Any) -> None:
    scores = [{"name": "includes", "scorer": "includes", "metrics": {"accuracy": {"value": figure}}}]
    log = as_document(ONCE, results={"scores": scores})
    assert read(log, "log.json").claims == {}
