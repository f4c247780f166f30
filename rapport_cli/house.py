"""Where the house is: its broker, databases and keys, from options, the environment or a file."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import click

from chassis.plain.connection import open_connection
from contracts import SERVICES
from rapport_cli.failures import AS_JSON

PATIENCE_SECONDS = 3.0
DEFAULT_FILE = Path("var/house.json")
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Running:
    """One process that the house file names: where it answers, and with which keys it runs."""

    name: str
    ops_uri: str  # empty: it has no ops port
    log: str
    signing_key: Path | None
    public_keys: Path | None
    clock_file: Path | None


@dataclass(frozen=True, slots=True)
class House:
    """What the house file tells; everything in it can be given by an option instead."""

    operator_uri: str | None = None  # the broker, as the operator: calls, parked messages, the log
    amqp_uri: str | None = None  # the broker, as who may declare its topology
    admin_uri: str | None = None
    databases: dict[str, str] = field(default_factory=dict)  # service -> URL
    keys: dict[str, Path] = field(default_factory=dict)  # service -> private key
    running: dict[str, Running] = field(default_factory=dict)  # process -> where and with what

    def broker(self, given: str | None) -> str:
        """Return the URI of a broker that answers: the given one, or the operator's."""
        return _reached(_needed(given or self.operator_uri, "broker", option="--amqp-uri"))

    def declarer(self, given: str | None) -> str:
        """Return the URI of a broker that answers, as a user that may declare what it holds."""
        return _reached(_needed(given or self.amqp_uri, "broker", option="--amqp-uri"))

    def admin(self, given: str | None) -> str:
        """Return the URI of the broker's management API."""
        return _needed(given or self.admin_uri, "management API", option="--admin-uri")

    def database(self, service: str, given: str | None) -> str:
        """Return a service's database URL."""
        return _needed(
            given or self.databases.get(service), f"database of {service}", option="--database-url"
        )

    def chosen(self, services: Iterable[str], given: str | None) -> dict[str, str]:
        """Return the databases of the chosen services, or of all that are known here.

        :raises UsageError: if one database is given for several services, or none is known.
        """
        names = list(services) or (list(self.databases) if not given else [])
        unknown = sorted(set(names) - set(SERVICES))
        if unknown:
            raise click.UsageError(f"There is no service {unknown[0]}: {', '.join(SERVICES)}.")
        if given and len(names) != 1:
            raise click.UsageError("--database-url is one service's: name that service.")
        if not names:
            raise click.UsageError("No database: name a service and give --database-url.")
        return {name: self.database(name, given) for name in names}


def read_house(file: Path | None) -> House:
    """Read the house file; without one everything comes from options.

    :raises UsageError: if the file that was asked for is missing or is no house file.
    """
    if file is None and not DEFAULT_FILE.is_file():
        return House()
    path = file or DEFAULT_FILE
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        places = dict(found["places"])
        return House(
            operator_uri=found.get("operator_uri"),
            amqp_uri=found.get("amqp_uri"),
            admin_uri=found.get("management_uri"),
            databases={n: str(p["database_url"]) for n, p in places.items() if p["database_url"]},
            keys={n: Path(p["signing_key"]) for n, p in places.items() if p["signing_key"]},
            running={name: _running(name, place) for name, place in places.items()},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as wrong:
        raise click.UsageError(f"{path} is no house file: {wrong}.") from wrong


def _running(name: str, place: dict[str, Any]) -> Running:
    def path(what: str) -> Path | None:
        return Path(place[what]) if place.get(what) else None

    port = place.get("ops_port")
    return Running(
        name=name,
        ops_uri=f"http://127.0.0.1:{port}" if port else "",
        log=str(place.get("log", "")),
        signing_key=path("signing_key"),
        public_keys=path("public_keys"),
        clock_file=path("clock_file"),
    )


def _reached(amqp_uri: str) -> str:
    """Look whether the broker is there: a person does not wait as long as a service does.

    :raises Unavailable: if the broker does not answer.
    :raises Forbidden: if the broker does not let this user in.
    """
    open_connection(amqp_uri, name="rapport", patience_seconds=PATIENCE_SECONDS).close()
    return amqp_uri


def _needed(found: str | None, what: str, *, option: str) -> str:
    if not found:
        variable = "RAPPORT_" + option.removeprefix("--").replace("-", "_").upper()
        raise click.UsageError(f"No {what}: give {option}, set {variable} or use --house FILE.")
    return found


def _remember(context: click.Context, _: click.Parameter, value: bool) -> bool:
    context.meta[AS_JSON] = value
    return value


def json_option(command: F) -> F:
    """Let a command answer in JSON."""
    return click.option(
        "--json", "as_json", is_flag=True, callback=_remember, help="Answer in JSON."
    )(command)


def amqp_option(command: F) -> F:
    """Let a command name the broker."""
    return click.option(
        "--amqp-uri", envvar="RAPPORT_AMQP_URI", help="Broker, as amqp://user:password@host/vhost."
    )(command)


def admin_option(command: F) -> F:
    """Let a command name the broker's management API."""
    return click.option(
        "--admin-uri",
        envvar="RAPPORT_ADMIN_URI",
        help="Management API, as http://user:password@host:15672.",
    )(command)


def database_options(command: F) -> F:
    """Let a command name services and, for one of them, its database."""
    command = click.option(
        "--service", "services", multiple=True, help="Only this service (may be repeated)."
    )(command)
    return click.option(
        "--database-url", envvar="RAPPORT_DATABASE_URL", help="The one service's database."
    )(command)
