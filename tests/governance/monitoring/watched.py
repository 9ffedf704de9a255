"""A world whose MLflow is real and holds two versions, for what a look at it finds."""

from __future__ import annotations

from governance.monitoring import watching
from governance.monitoring.models import OutOfBandPromotion
from lineage import selectors as lineage
from lineage import sync
from lineage.models import ModelVersion
from tests.factories import mirror
from tests.factories.world import World
from tests.lineage.somebody import Somebody
from tests.tracking import add_version


class Mirrored(World):
    """A world whose model versions are those that MLflow really holds."""

    def mirror(self, number: str = "1") -> ModelVersion:
        sync.synchronise(server=mirror.server(), models=[mirror.MODEL], at=self.tick())
        return lineage.version(server=mirror.server(), name=mirror.MODEL, version=number)

    def watch(self) -> list[OutOfBandPromotion]:
        return watching.watch(by=self.people.machine, at=self.tick())


def connected(world: World, outreach: Somebody, mlflow_url: str) -> Mirrored:
    """Let MLflow hold two versions, and connect Edgewise to it."""
    sync.connect(key="main", url=mlflow_url)
    add_version(outreach, content=b"first")
    add_version(outreach, content=b"second")
    return Mirrored(people=world.people, system=world.system, now=world.now)
