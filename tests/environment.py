"""The environment of the tests, settled before Django reads it: pytest loads this first, in each of its processes."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

from config import embedded
from tests import database

_data_dir = tempfile.mkdtemp(prefix="edgewise-test-")
atexit.register(shutil.rmtree, _data_dir, ignore_errors=True)
os.mkdir(os.path.join(_data_dir, "static"))
_urls = embedded.database_urls(database.SERVER)
os.environ.update(
    DJANGO_SETTINGS_MODULE="config.settings",
    EDGEWISE_PRODUCTION="false",
    EDGEWISE_DATA_DIR=_data_dir,
    # The clock of a test's world is not that of the site, and MLflow is not there unless a test asks for it.
    EDGEWISE_LOOK_MAX_AGE_SECONDS=str(7 * 24 * 60 * 60),
    DATABASE_URL=_urls.application,
    DATABASE_OWNER_URL=_urls.owner,
)
