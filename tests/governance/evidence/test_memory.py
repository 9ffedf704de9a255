"""A file that lies about its size takes no more memory than a reading may, and is refused by name."""

from __future__ import annotations

import io
import resource
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from django.conf import LazySettings
from pyarrow import parquet as writer

from governance.errors import Invalid
from governance.evidence import memory
from governance.evidence.formats import read as open_table
from governance.evidence.models import EvaluationRun
from governance.evidence.states import UploadState
from governance.specs.models import SpecificationVersion
from tests.factories.world import World
from tests.governance.evidence.test_uploads import kept, read, send  # noqa: F401

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Only Linux counts what a process maps.")
MEGABYTE = 1_000_000
UNPACKED = 200 * MEGABYTE
READS = """
import resource, sys
import numpy, pyarrow.parquet
from governance.errors import Invalid
from governance.evidence import memory
from governance.evidence.formats import read

before = resource.getrlimit(resource.RLIMIT_DATA)
try:
    with memory.limited(50_000_000), open(sys.argv[1], "rb") as file:
        sum(batch.size for batch in read(file, name="cases.parquet")[1].batches(0))
except Invalid as error:
    print(error.code, error.problems[0].where, resource.getrlimit(resource.RLIMIT_DATA) == before)
"""
"""Reads a file with 50 MB at most."""


@pytest.fixture(scope="module")
def forged() -> bytes:
    """Some kilobytes of Parquet that unpack to two hundred megabytes, and say that they are a few bytes: a single page
    of long texts, and a footer that was altered."""
    text = "x" * MEGABYTE
    columns = {
        "case_id": [f"c{number}" for number in range(200)],
        "metric": ["recall"] * 200,
        "value": [1.0] * 200,
        "context": ["*"] * 200,
        "health": ["poor"] * 200,
        "limited": pyarrow.array([text] * 200),
    }
    file = io.BytesIO()
    whole = {"use_dictionary": False, "data_page_size": 2**30, "write_statistics": False}
    writer.write_table(pyarrow.table(columns), file, compression="zstd", **whole)
    said = writer.ParquetFile(file).metadata.row_group(0).total_byte_size
    return file.getvalue().replace(_varint(said), _varint(1000, length=len(_varint(said))))


def _varint(number: int, *, length: int = 0) -> bytes:
    """Return a number as Thrift's compact protocol writes it, in so many bytes at least."""
    left, groups = 2 * number, []
    while left or len(groups) < length:
        groups.append(left & 0x7F)
        left >>= 7
    return bytes([*(group | 0x80 for group in groups[:-1]), groups[-1]])


def limit() -> tuple[int, int]:
    return resource.getrlimit(resource.RLIMIT_DATA)


def rows_of(data: bytes) -> int:
    return sum(batch.size for batch in open_table(io.BytesIO(data), name="cases.parquet")[1].batches(0))


def test_the_file_says_less_of_itself_than_it_unpacks_to(forged: bytes) -> None:
    assert len(forged) < UNPACKED // 1000
    assert writer.ParquetFile(io.BytesIO(forged)).metadata.row_group(0).total_byte_size == 1000


def test_what_asks_for_more_than_its_share_is_refused_and_the_limit_is_lifted(forged: bytes, tmp_path: Path) -> None:
    # In a process of its own: one that ran other tests has freed memory left, which it need not ask for.
    file = tmp_path / "cases.parquet"
    file.write_bytes(forged)
    done = subprocess.run([sys.executable, "-c", READS, str(file)], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["too-much-memory", "file", "True"], done.stderr


def test_where_there_is_memory_enough_the_limit_is_lifted_too(forged: bytes) -> None:
    before = limit()
    with memory.limited(3000 * MEGABYTE):
        assert rows_of(forged) == 200
    assert limit() == before


def test_what_keeps_within_its_share_is_read() -> None:
    with memory.limited(50 * MEGABYTE):
        assert len(bytearray(10 * MEGABYTE)) == 10 * MEGABYTE
    with pytest.raises(ValueError, match="another error"), memory.limited(50 * MEGABYTE):
        raise ValueError("another error")


def test_columns_that_grow_beyond_it_are_refused_too() -> None:
    taken: list[bytearray] = []

    def grow() -> None:
        while True:
            taken.append(bytearray(MEGABYTE))

    with pytest.raises(Invalid, match="memory"), memory.limited(50 * MEGABYTE):
        grow()
    # Freed memory that the process has left counts for nothing, so that it may be more than fifty.
    assert len(taken) < 1000


def test_two_who_read_at_once_share_it_and_the_last_one_lifts_it() -> None:
    before = limit()
    is_in, may_end = threading.Event(), threading.Event()

    def other() -> None:
        with memory.limited(80 * MEGABYTE):
            is_in.set()
            may_end.wait()

    thread = threading.Thread(target=other)
    try:
        with memory.limited(50 * MEGABYTE):
            first = limit()
            thread.start()
            is_in.wait()
            assert limit() == first != before
        assert limit() == first
    finally:
        may_end.set()
        thread.join()
    assert limit() == before


def test_a_limit_that_the_process_has_already_is_not_raised() -> None:
    before = limit()
    lower = memory._held() + 20 * MEGABYTE
    resource.setrlimit(resource.RLIMIT_DATA, (lower, before[1]))
    try:
        with memory.limited(50 * MEGABYTE):
            assert limit()[0] == lower
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)


@pytest.mark.django_db
def test_such_an_upload_is_refused_by_the_first_who_reads_it(
    world: World,
    specification: SpecificationVersion,
    forged: bytes,
    settings: LazySettings,
    kept: Path,  # noqa: F811
) -> None:
    settings.READING_BYTES = 50 * MEGABYTE
    told: dict[str, Any] = {"form": "parquet"}
    row = read(world, send(world, world.begin_upload(world.register().model_version, forged, **told), forged))
    assert (row.state, row.attempts, EvaluationRun.objects.count()) == (UploadState.REFUSED, 1, 0)
    assert "takes over 50 MB of memory" in row.detail


@pytest.mark.django_db
def test_so_is_such_a_file_that_is_sent_at_once(
    world: World, specification: SpecificationVersion, forged: bytes, settings: LazySettings
) -> None:
    settings.READING_BYTES = 50 * MEGABYTE
    version = world.register().model_version
    with pytest.raises(Invalid, match="memory"):
        world.read_file(version, content=forged, name="cases.parquet")
