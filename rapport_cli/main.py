"""The command line: `rapport` and its commands."""

from importlib import import_module
from pathlib import Path

import click

from rapport_cli.failures import Group, lines
from rapport_cli.house import read_house

# Command -> module: only what is called is imported, because a service's page takes a second.
COMMANDS = {
    "audit": "auditing",
    "call": "calls",
    "card": "cards",
    "copies": "copying",
    "doctor": "doctor.command",
    "events": "events",
    "migrate": "migrating",
    "outbox": "stored",
    "parked": "parked",
    "privacy": "privacy",
    "processes": "stored",
    "timers": "stored",
    "token": "tokens",
    "topology": "topology",
}
EXIT_CODES = (
    "0  done, or no difference",
    "1  refused, or differences found",
    "2  the command itself is wrong",
    "3  a service, the broker or a database is not available",
)


class Rapport(Group):
    """The commands, imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Name the commands."""
        return sorted(COMMANDS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        cmd_name: str,
    ) -> click.Command | None:
        """Import a command."""
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        found: click.Command = getattr(import_module(f"rapport_cli.{module}"), cmd_name)
        return found


@click.group(
    cls=Rapport,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=lines(*EXIT_CODES, title="Exit codes"),
)
@click.option(
    "--house",
    "file",
    envvar="RAPPORT_HOUSE",
    type=click.Path(path_type=Path),
    help="File that says where everything is (default: var/house.json, if it is there).",
)
@click.pass_context
def main(context: click.Context, file: Path | None) -> None:
    """Ask and run the house: its services, its bus, what waits and what is parked.

    What a command needs to know comes from its options, from RAPPORT_* in the environment, or from
    the house file that `make up` writes.
    """
    context.obj = read_house(file)


if __name__ == "__main__":
    main()
