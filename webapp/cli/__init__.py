"""The command ``minyi``. Every command has --help; bad input gives one clear line and a non-zero exit."""

import logging
import os
import sys
import time

import click

from webapp.cli import audit, database, decision, demo, index, matter, model, process, serve, token, user


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="minyi", prog_name="minyi")
def commands() -> None:
    """民意督办平台: start it, deploy processes, import matters, manage officers."""
    # SpiffWorkflow and the log speak UTC; what people see is converted where it is shown.
    os.environ["TZ"] = "UTC"
    time.tzset()
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a tick that is still busy is no news
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")


for module in (serve, database, process, decision, matter, index, model, user, token, audit, demo):
    for command in module.COMMANDS:
        commands.add_command(command)


def _one_line(error: Exception) -> str | None:
    """Return what to say of a failure that a person can understand and act on; None for a bug.

    What the kinds of failure are is looked up only now: loading them all would make every command wait.
    """
    from sqlalchemy.exc import DBAPIError

    from engine.database.schema import DatabaseUnusableError, explain
    from engine.runtime import RuntimeFailure
    from webapp.settings import SettingError
    from webapp.up import StartError

    if isinstance(error, DBAPIError):
        return str(explain(error))
    known = (DatabaseUnusableError, SettingError, StartError, RuntimeFailure, OSError, ValueError)
    return " ".join(str(error).split()) if isinstance(error, known) else None


def main() -> None:
    """Run the command line; turn known failures into one line."""
    try:
        commands.main(prog_name="minyi", standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except Exception as error:
        said = _one_line(error)
        if said is None:
            raise
        click.echo(f"minyi: {said}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
