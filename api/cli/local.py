"""The commands that run an installation on this machine. Django is imported only when one of them is called."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.session import REFUSED, application, telling

init, demo, backup, restore = application(), application(), application(), application()
Existing = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)]


def _port(name: str, text: str) -> Any:
    return typer.Option(name, min=0, max=65535, help=text)


@init.command()
def set_up(
    file: Existing,
    password: Annotated[
        str,
        typer.Option(
            "--password", envvar="EDGEWISE_INIT_PASSWORD", help="First password of everybody added, to be changed."
        ),
    ] = "",
) -> None:
    """Set up what FILE describes: keys, administrator, people, systems, MLflow servers. Repeating it is safe."""
    with _installation():
        from django.core.management import call_command

        from config import installing

        call_command("prepare_database", verbosity=0)
        installing.apply(file, password=password, say=typer.echo)


@demo.command()
def demonstrate(
    once: Annotated[bool, typer.Option("--once", help="End after the job: 0 when every step was as expected.")] = False,
    clean: Annotated[bool, typer.Option("--clean", help="Only remove the demonstration's data.")] = False,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port of the site, or the next free one; 0: any.")
    ] = 8000,
    mlflow_port: Annotated[
        int, typer.Option("--mlflow-port", min=0, max=65535, help="Port of MLflow, likewise.")
    ] = 5000,
) -> None:
    """Run the whole job on real models, and leave the site running until Ctrl-C."""
    from config.demo import running

    with telling(as_json=False):
        code = running.run(once=once, clean=clean, site_port=port, mlflow_port=mlflow_port)
    raise typer.Exit(code)


@backup.command()
def back_up(file: Annotated[Path, typer.Argument(dir_okay=False, help="Where to write it.")]) -> None:
    """Write the database and the keys to FILE. It holds private keys: keep it as you keep them."""
    with _installation():
        from config import archive

        lost = archive.write(file.resolve())
        typer.echo(f"The backup was written to {file.resolve()}.")
    if lost:
        typer.echo(f"Not in it, since they are gone or altered: the files of evidence {', '.join(lost)}.", err=True)
        raise typer.Exit(REFUSED)


@restore.command()
def read_back(file: Existing) -> None:
    """Put a backup into an empty installation."""
    with _installation():
        from django.core.management import call_command

        from config import archive

        archive.restore(file)
        call_command("prepare_database", verbosity=0)
        typer.echo(f"{file} was restored. Run the log's verification before anybody signs in.")


@contextmanager
def _installation() -> Iterator[None]:
    """Give Django with its database; tell what it refuses, and end with code 1."""
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import CommandError
    from django.db import Error

    from config import bootstrap, embedded

    with telling(as_json=False):
        try:
            with bootstrap.installation():
                yield
        except (CommandError, ImproperlyConfigured, Error, embedded.DatabaseUnavailable) as error:
            typer.echo(f"edgewise: {error}", err=True)
            raise typer.Exit(REFUSED) from error
