"""The command ``minyi``. Every command has --help; bad input gives one clear line and a non-zero exit."""

import logging
import os
import sys
import time

import click

from webapp.cli import audit, database, demo, matter, process, serve, user


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="minyi", prog_name="minyi")
def commands() -> None:
    """民意督办平台: start it, deploy processes, import matters, manage officers."""
    # SpiffWorkflow and the log speak UTC; what people see is converted where it is shown.
    os.environ["TZ"] = "UTC"
    time.tzset()
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a tick that is still busy is no news
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")


for module in (serve, database, process, matter, user, audit, demo):
    for command in module.COMMANDS:
        commands.add_command(command)


def main() -> None:
    """Run the command line; turn known failures into one line."""
    from sqlalchemy.exc import DBAPIError

    from engine.database.schema import DatabaseUnusableError, explain
    from engine.runtime import RuntimeFailure
    from webapp.settings import SettingError
    from webapp.up import StartError

    try:
        commands.main(prog_name="minyi", standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (DatabaseUnusableError, SettingError, StartError, RuntimeFailure, OSError, ValueError) as error:
        click.echo(f"minyi: {' '.join(str(error).split())}", err=True)
        sys.exit(1)
    except DBAPIError as error:
        click.echo(f"minyi: {explain(error)}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
