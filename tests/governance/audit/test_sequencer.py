from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from pytest_django import Settings

from governance.audit import keys, merkle, proof, selectors, sequencer, services, tree_head, verification
from governance.audit.models import LeafIndex, SequencerState, Tile, TreeHead
from governance.errors import Conflict, NotAllowedNow, NotFound
from tests import database
from tests.governance.audit.lamps import AT, LampPutOut, light, superuser, without_triggers


def verified() -> verification.Verified:
    *_, last = verification.verify_everything()
    assert isinstance(last, verification.Verified), last
    return last


def assert_the_tree_holds_exactly(leaves: list[int]) -> None:
    placed = list(LeafIndex.objects.order_by("index").values_list("index", "leaf_id"))
    assert [index for index, _ in placed] == list(range(len(leaves)))
    assert sorted(leaf_id for _, leaf_id in placed) == sorted(leaves)


def assert_consecutive_heads_are_consistent() -> None:
    heads = list(TreeHead.objects.order_by("size"))
    signed = [tree_head.verify(bytes(h.note), keys=[keys.log_verifier_key()]) for h in heads]
    for old, new in pairwise(signed):
        assert merkle.is_consistent(
            old=old.size,
            new=new.size,
            old_root=old.root,
            new_root=new.root,
            proof=selectors.consistency(old.size, new.size),
        )


@pytest.mark.django_db
@pytest.mark.usefixtures("log_key")
def test_committed_leaves_get_dense_places_under_a_signed_head() -> None:
    leaves = light(3)
    assert services.integrate(at=AT) == 3
    assert_the_tree_holds_exactly(leaves)
    head = selectors.latest_head()
    assert head is not None
    assert tree_head.verify(bytes(head.note), keys=[keys.log_verifier_key()]).size == 3


@pytest.mark.django_db
@pytest.mark.usefixtures("log_key")
def test_nothing_new_signs_nothing() -> None:
    light(1)
    services.integrate(at=AT)
    before = TreeHead.objects.count()
    assert services.integrate(at=AT) == 1
    assert TreeHead.objects.count() == before


@pytest.mark.django_db
@pytest.mark.usefixtures("log_key")
def test_a_leaf_is_provable_once_it_is_in_the_tree_and_says_so_before() -> None:
    light(2)
    services.integrate(at=AT)
    [late] = light(1)
    assert selectors.marks([late]) == {late: selectors.RECORDED}
    with pytest.raises(NotAllowedNow, match="not in the signed tree yet"):
        selectors.proof_for(late)
    services.integrate(at=AT)
    assert selectors.entry(late).mark == selectors.IN_TREE
    shown = proof.parse(selectors.proof_for(late).to_bytes())
    proof.verify(shown, entry=selectors.entry(late).entry, keys=[keys.log_verifier_key()])


@pytest.mark.django_db
@pytest.mark.usefixtures("log_key")
def test_proofs_hold_across_full_and_partial_tiles() -> None:
    leaves = light(300)
    services.integrate(at=AT)
    leaves += light(300)
    services.integrate(at=AT)
    assert Tile.objects.filter(level=0).count() == 2
    for leaf_id in leaves[::37]:
        entry = selectors.entry(leaf_id).entry
        assert proof.verify(selectors.proof_for(leaf_id), entry=entry, keys=[keys.log_verifier_key()]).size == 600
    assert len(selectors.tile(0, 1)) == 8192
    assert len(selectors.tile(0, 2, 88)) == 88 * 32
    assert selectors.tile(1, 0, 2)[:32] == bytes(Tile.objects.get(level=0, index=0).root)
    assert_consecutive_heads_are_consistent()


def test_a_late_commit_is_neither_lost_nor_waited_for(log: database.TestDatabase) -> None:
    with psycopg.connect(log.urls.application) as slow:
        slow.execute(
            "INSERT INTO audit_leaf (subject, system, type, actor, at, entry) VALUES ('s', '', 't', 'a', now(), '{}')"
        )
        light(2)
        assert services.integrate(at=AT) == 2
        slow.commit()
    assert services.integrate(at=AT) == 3


def test_a_transaction_that_sequences_its_own_leaves_may_write_more(log: database.TestDatabase) -> None:
    with transaction.atomic():
        leaves = light(1)
        with psycopg.connect(log.urls.application) as other:  # a younger transaction that ends before ours
            other.execute("INSERT INTO django_session VALUES ('k', 'd', now())")
        assert services.integrate(at=AT) == 1
        leaves += light(1)
    assert services.integrate(at=AT) == 2
    assert_the_tree_holds_exactly(leaves)


@pytest.mark.django_db
@pytest.mark.usefixtures("log_key")
def test_a_savepoint_that_rolls_back_takes_its_leaf_with_it() -> None:
    with transaction.atomic():
        kept = light(1)
        with transaction.atomic():
            light(1)
            transaction.set_rollback(True)
        with transaction.atomic():
            kept += light(1)
    services.integrate(at=AT)
    assert_the_tree_holds_exactly(kept)


@pytest.mark.usefixtures("log")
def test_eight_concurrent_writers_lose_nothing_and_leave_no_gap() -> None:
    committed: list[int] = []
    done = threading.Event()

    def write(seed: int) -> list[int]:
        chance, mine = random.Random(seed), []
        try:
            for _ in range(40):
                mine += one_transaction(chance)
        finally:
            connection.close()
        return mine

    def one_transaction(chance: random.Random) -> list[int]:
        with transaction.atomic(), connection.cursor() as cursor:
            leaves = light(chance.randint(1, 3))
            with transaction.atomic():
                inner = light(1)
                if undo := chance.random() < 0.2:
                    transaction.set_rollback(True)
            cursor.execute("SELECT pg_sleep(%s)", [chance.choice([0, 0, 0.002, 0.05])])
            if chance.random() < 0.15:
                transaction.set_rollback(True)
                return []
            return leaves if undo else leaves + inner

    def sequence() -> None:
        try:
            while not done.is_set():
                services.integrate(at=datetime.now(UTC))
        finally:
            connection.close()

    with ThreadPoolExecutor(9) as pool:
        sequencing = pool.submit(sequence)
        for written in [pool.submit(write, seed) for seed in range(8)]:
            committed += written.result()
        done.set()
        sequencing.result()
    services.integrate(at=AT)
    assert_the_tree_holds_exactly(committed)
    assert_consecutive_heads_are_consistent()
    assert TreeHead.objects.count() > 5
    assert verified().size == len(committed)


def test_two_sequencers_never_work_at_once(log: database.TestDatabase) -> None:
    light(1)
    with psycopg.connect(log.urls.application) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [sequencer.LOCK])
        assert sequencer.integrate(key=keys.log_key(), origin="x", at=AT) is None
        assert services.integrate(at=AT) == 0
    assert services.integrate(at=AT) == 1


def test_leaves_restored_into_another_cluster_are_all_taken_in_once(log: database.TestDatabase) -> None:
    light(5)
    services.integrate(at=AT)
    light(2)
    with superuser(log) as cursor:  # what pg_restore into a young cluster leaves: transaction ids from the future
        without_triggers(
            cursor, "audit_leaf", "UPDATE audit_leaf SET xid = (xid::text::bigint + 900000000)::text::xid8"
        )
        cursor.execute("UPDATE audit_sequencerstate SET cluster = '42', snapshot = '900000000:900000000:'")
    assert [services.integrate(at=AT), services.integrate(at=AT)] == [7, 7]
    light(2)
    assert [services.integrate(at=AT), services.integrate(at=AT)] == [9, 9]
    state = SequencerState.objects.get()
    assert state.cluster != "42"
    assert state.restored_upto > 0
    assert verified().size == 9


def test_a_backlog_larger_than_one_batch_is_taken_in_step_by_step(
    log: database.TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sequencer, "BACKLOG", 100)
    leaves = light(250)
    assert services.integrate(at=AT) == 250
    assert_the_tree_holds_exactly(leaves)
    assert TreeHead.objects.count() == 3
    assert light(1)
    assert services.integrate(at=AT) == 251


def test_a_stored_tree_that_was_tampered_with_is_never_signed_again(log: database.TestDatabase) -> None:
    light(3)
    services.integrate(at=AT)
    with superuser(log) as cursor:
        without_triggers(
            cursor, "audit_leafindex", "UPDATE audit_leafindex SET leaf_hash = sha256('x') WHERE index = 1"
        )
    light(1)
    with pytest.raises(Conflict, match="Nothing more is signed"):
        services.integrate(at=AT)
    assert selectors.log_size() == 3


@pytest.mark.django_db
@pytest.mark.usefixtures("log_key")
def test_entries_are_found_by_what_they_say() -> None:
    light(3, subject="a")
    light(1, subject="b")
    with transaction.atomic():
        services.record(event=LampPutOut(subject="a"), actor="bob", at=AT)
    assert len(selectors.entries(subject="a")) == 4
    assert len(selectors.entries(actor="bob")) == 1
    assert len(selectors.entries(event_type="tests.lamp.")) == 5
    assert len(selectors.entries(event_type="tests.lamp.lit", system="house")) == 4
    assert selectors.entries(until=AT) == []
    assert [entry.actor for entry in selectors.entries(without=["tests.lamp.lit"])] == ["bob"]
    assert selectors.entries(without=["tests.lamp."]) == []
    newest = selectors.newest_about(["a", "b", "c"])
    assert {subject: entry.type for subject, entry in newest.items()} == {
        "a": "tests.lamp.put-out",
        "b": "tests.lamp.lit",
    }
    first, second = selectors.entries(limit=2)
    assert selectors.entries(before=second.leaf_id)[0].leaf_id < second.leaf_id < first.leaf_id
    with pytest.raises(NotFound):
        selectors.entry(10**9)


def start_sequencer() -> subprocess.Popen[str]:
    environment = {**os.environ, "EDGEWISE_KEY_DIR": str(keys.log_key_path().parent), "EDGEWISE_LOG_LEVEL": "INFO"}
    environment["EDGEWISE_SEQUENCER_MILLISECONDS"] = "10"
    return subprocess.Popen(
        [sys.executable, "manage.py", "sequence"],
        env=environment,
        cwd=database.ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )


def until_sequenced(count: int, process: subprocess.Popen[str]) -> None:
    waited = threading.Event()
    for _ in range(3000):
        if selectors.log_size() >= count:
            return
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
        waited.wait(0.01)
    pytest.fail(f"the sequencer did not reach {count} leaves")


def write_in_a_thread(transactions: int) -> list[int]:
    try:
        return [leaf for _ in range(transactions) for leaf in light(20)]
    finally:
        connection.close()


@pytest.mark.usefixtures("log")
def test_a_killed_sequencer_leaves_a_whole_log_and_the_next_one_takes_over() -> None:
    first, second = start_sequencer(), start_sequencer()
    try:
        written = light(50)
        until_sequenced(50, first)
        with ThreadPoolExecutor(1) as pool:
            writing = pool.submit(write_in_a_thread, 60)
            until_sequenced(150, first)
            first.send_signal(signal.SIGKILL)
            first.wait()
            written += writing.result()
        until_sequenced(len(written), second)
        second.send_signal(signal.SIGTERM)
        assert second.wait(timeout=20) == 0
    finally:
        for process in (first, second):
            process.kill()
            process.communicate()
    assert_the_tree_holds_exactly(written)
    assert verified().size == len(written)


@pytest.mark.usefixtures("committed_db")
def test_without_a_key_the_sequencer_says_what_to_do(settings: Settings, tmp_path: Path) -> None:
    settings.KEY_DIR = tmp_path
    with pytest.raises(CommandError, match="edgewise init"):
        call_command("sequence", "--once")


@pytest.mark.django_db
@pytest.mark.usefixtures("log_key")
def test_the_command_runs_once_on_demand(capsys: pytest.CaptureFixture[str]) -> None:
    light(2)
    call_command("sequence", "--once")
    assert "2 leaves" in capsys.readouterr().out
