"""Yes or no to one change in MLflow, by what Edgewise says of each context it is about."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import PERMISSION_DENIED

from edgewise_mlflow.asking import NoAnswer, unmet
from edgewise_mlflow.configuration import PREFIX, Configuration

logger = logging.getLogger(__name__)


class Guard:
    """Asks as `configuration` says."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self.protection = configuration.protection
        if configuration.fails_open:
            logger.warning("Promotions are allowed without approval while Edgewise does not answer (see %s).", PREFIX)

    def ask(self, contexts: Iterable[str], *, model: str, what: str) -> None:
        """Return when `models:/NAME/VERSION` may go live in all of `contexts`; else raise MlflowException (403)."""
        reasons = [reason for context in contexts for reason in self._against(model, context, what)]
        if reasons:
            raise refusal(f"{what} for {model}", reasons)

    def _against(self, model: str, context: str, what: str) -> list[str]:
        try:
            return [f"{context}: {reason}" for reason in unmet(self._configuration, model=model, context=context)]
        except NoAnswer as error:
            if not self._configuration.fails_open:
                return [f"{context}: {error}"]
            logger.critical(_line(f"UNCHECKED PROMOTION: {what} for {model} in {context} was allowed. {error}"))
            return []


def refusal(what: str, reasons: Iterable[str]) -> MlflowException:
    """Return the exception that an MLflow client gets, with status 403 and all `reasons`; it is logged as well."""
    message = "\n".join([f"Edgewise refuses {what}. Not met:", *(f"- {reason}" for reason in reasons)])
    logger.warning(_line(message))
    return MlflowException(message, error_code=PERMISSION_DENIED)


def _line(text: str) -> str:
    """Return `text` as one line of a log: names come from whoever asks, and must not look like lines of their own."""
    return " ".join(text.splitlines())
