from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from governance.approvals.models import Approval
from governance.audit import services as audit
from governance.exports import bundle
from tests import database
from tests.factories.world import World
from tests.stages import Stages, point_at


@dataclass(frozen=True)
class Exported:
    """A bundle of a real approval, and the public keys that go with it."""

    data: bytes
    keys: bytes


def export(world: World, approval: Approval) -> Exported:
    """Return the bundle of `approval` once the log has taken everything in."""
    audit.integrate(at=datetime.now(UTC))
    data = bundle.write_bundle(approval=approval, by=world.people.auditor, at=world.tick())
    return Exported(data, bundle.public_keys())


@pytest.fixture(scope="module")
def exported(test_database: database.TestDatabase, stages: Stages, django_db_blocker: object) -> Exported:
    """The bundle of one approval, made once for the module from committed rows; the database is restored after."""
    from django.db import connections

    with django_db_blocker.unblock():
        fixtures = ["_begun", "_approved"]
        connections.close_all()
        test_database.restore(stages.wanted(fixtures))
        point_at(test_database)
        found = export(stages.world(fixtures), Approval.objects.get())
        connections.close_all()
        test_database.restore()
    return found
