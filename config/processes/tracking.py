"""MLflow's server in one process: `mlflow server` sets the store up, then starts another that loads MLflow once more.

The application, the server and the store are those of `mlflow server --workers 1 --backend-store-uri
sqlite:///FOLDER/mlflow.db --artifacts-destination FOLDER/artifacts`; run as `python -m config.processes.tracking FOLDER
PORT`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path


def serve(folder: Path, *, port: int) -> None:
    """Serve MLflow from `folder` on loopback until a signal ends it."""
    # First, since MLflow takes its absence for a client, and then leaves its security headers out.
    import uvicorn
    from mlflow.server import constants, handlers

    store, root = f"sqlite:///{folder / 'mlflow.db'}", "mlflow-artifacts:/"
    os.environ[constants.BACKEND_STORE_URI_ENV_VAR] = store
    os.environ[constants.REGISTRY_STORE_URI_ENV_VAR] = store
    os.environ[constants.ARTIFACT_ROOT_ENV_VAR] = root
    os.environ[constants.ARTIFACTS_DESTINATION_ENV_VAR] = str(folder / "artifacts")
    os.environ[constants.SERVE_ARTIFACTS_ENV_VAR] = "true"
    handlers.initialize_backend_stores(store, store, root)

    from mlflow.server.fastapi_app import app

    uvicorn.run(app, host="127.0.0.1", port=port)


if __name__ == "__main__":
    serve(Path(sys.argv[1]), port=int(sys.argv[2]))
