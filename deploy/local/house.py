"""The whole house on this machine: broker, databases, keys, topology and every process."""

import json
import shutil
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from enum import StrEnum
from itertools import count
from pathlib import Path
from signal import SIGCONT, SIGSTOP
from typing import Any  # JSON of our own making

from chassis.tokens import generate_keypair
from chassis.topology.names import MONITOR, OPERATOR
from contracts import SERVICES
from contracts.partners import load_partners
from contracts.plain import PLAIN
from deploy.local import brokers, parts, process, services
from deploy.local.brokers import AnyBroker
from deploy.local.machine import (
    CannotRun,
    base_environment,
    free_ports,
    new_password,
    private_directory,
    run,
    write_secret,
)
from deploy.local.postgres import Postgres
from deploy.local.process import Process
from deploy.local.services import PROJECT, Place

COMMAND_SECONDS = 120
PBX_LOGIN = "pbx"  # among the passwords: the bridge's at the PBX


class Kind(StrEnum):
    """Which database the services use."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


class House:
    """One running house in one directory; whoever opens the same directory sees the same house."""

    def __init__(  # noqa: PLR0913  # each is a part of the house that may be handed in
        self,
        directory: Path,
        *,
        kind: Kind | None = None,
        broker: AnyBroker | None = None,
        postgres: Postgres | None = None,
        environment: str = "development",
        only: Sequence[str] | None = None,
        amend: Callable[[Place], Place] = lambda place: place,
    ) -> None:
        """Open the house in `directory`; a broker or server that is handed in stays its owner's.

        ``only`` names the processes that run in it; the broker's topology is always the whole one.
        ``amend`` has the last word on where a process runs and with what.
        """
        self.directory = directory.resolve()
        self._file = self.directory / "house.json"
        self._found = _read(self._file)
        self.kind = kind or Kind(self._found.get("kind", Kind.SQLITE))
        self._environment, self._amend = environment, amend
        self._only = list(only or self._found.get("only", ())) or parts.names()
        self._private = private_directory(self.directory)
        self._owns_broker, self._owns_postgres = broker is None, postgres is None
        self.broker = broker or brokers.choose(self._private / "broker")
        self.postgres = postgres or Postgres(self._private / "postgres")
        self.places = {name: Place(**row) for name, row in self._remembered().items()}
        self.ports: dict[str, int] = self._found.get("ports", {})

    @property
    def clock_file(self) -> Path:
        """The file that makes the business clock of this house travel."""
        return self.directory / "clock.json"

    @property
    def databases(self) -> dict[str, str]:
        """The database of each service of this house."""
        return {n: self.places[n].database_url for n in SERVICES if n in self.places}

    @property
    def pbx_secret(self) -> str:
        """What the bridge logs in to the PBX with."""
        return self._passwords()[PBX_LOGIN]

    @property
    def signing_keys(self) -> Path:
        """Where each service's private key lies as <service>.key, the public ones in public/."""
        return self.directory / "keys"

    def uri_of(self, user: str) -> str:
        """Return the broker URI of a service, a partner, the operator or the monitor."""
        return self.broker.uri_of(user, self._passwords()[user])

    def prepare(self) -> None:
        """Start what the services stand on: broker, databases at head, keys, topology, users.

        :raises CannotRun: if the machine lacks something or a step fails.
        """
        self._refuse_a_change_of_database()
        for folder in (self.directory, self.directory / "db"):
            folder.mkdir(parents=True, exist_ok=True)
        if not self.ports:
            self.ports = dict(zip(parts.PORTS, free_ports(len(parts.PORTS)), strict=True))
        if self.kind is Kind.POSTGRESQL:
            self.postgres.start()
        for name in (one for one in parts.names() if one in self._only):
            self.places[name] = self._amend(self._place(name))
        self._save()
        with ThreadPoolExecutor() as pool:  # neither needs the other, and each takes seconds
            steps = [pool.submit(self._rapport, "migrate"), pool.submit(self._apply_topology)]
        for step in steps:
            step.result()

    def up(self) -> None:
        """Prepare everything, start every process that does not run, and wait until all take work.

        :raises CannotRun: if one does not get ready.
        """
        self.prepare()
        for name in self.places:
            self.launch(name)
        for place in self.places.values():
            services.await_ready(place)

    def down(self) -> list[str]:
        """Stop everything that is ours and return the services that had to be killed."""
        killed = services.halt(list(self.places.values()))
        self.places = {name: replace(place, process=None) for name, place in self.places.items()}
        if self._owns_broker:
            self.broker.stop()
        if self._owns_postgres:
            self.postgres.stop()
        if self.directory.exists():
            self._save()
        return killed

    def launch(self, name: str) -> None:
        """Start one service unless it runs, without waiting for it."""
        place = self.places[name]
        if not place.is_running:
            self.places[name] = replace(place, process=services.launch(place))
            self._save()

    def replicate(self, name: str) -> str:
        """Add one more process beside those of a service and return its name; `launch` starts it."""
        another = next(one for n in count(2) if (one := f"{name}-{n}") not in self.places)
        place = replace(
            self.places[name],
            name=another,
            log=str(self.directory / "log" / f"{another}.log"),
            ops_port=free_ports(1)[0],
            process=None,
        )
        self.places[another] = self._amend(place)
        self._save()
        return another

    def retire(self, name: str) -> None:
        """Stop a process that was added, and forget it."""
        self.stop(name)
        del self.places[name]
        self._save()

    def restart(self, name: str) -> None:
        """Start one service and wait until it takes work."""
        self.launch(name)
        services.await_ready(self.places[name])

    def stop(self, name: str, grace_seconds: float = services.GRACE_SECONDS) -> bool:
        """Stop one service as a deployment would; tell whether it ended by itself."""
        return not services.halt([self.places[name]], grace_seconds)

    def kill(self, name: str) -> None:
        """End one service at once, as a power cut would."""
        process.kill(self._process(name))

    def freeze(self, name: str, *, frozen: bool) -> None:
        """Suspend one service where it stands, or let it go on."""
        process.send(self._process(name), SIGSTOP if frozen else SIGCONT)

    def destroy(self) -> None:
        """End everything that is ours and delete the house with its data."""
        for place in self.places.values():
            if place.process is not None:
                process.kill(place.process)
        if self._owns_broker:
            self.broker.destroy()
        if self._owns_postgres:
            self.postgres.destroy()
        shutil.rmtree(self.directory, ignore_errors=True)
        shutil.rmtree(self._private, ignore_errors=True)

    def _place(self, name: str) -> Place:
        """Return where a process runs: as before if it was here before, on a free port if not."""
        known = self.places.get(name)
        around = parts.Surroundings(self.directory, self._private, self.ports, self.pbx_secret)
        place = Place(
            name=name,
            command=parts.command(name, around),
            log=str(self.directory / "log" / f"{name}.log"),
            own=parts.own_settings(name, around),
            port=self.ports.get(name, 0),
            process=known.process if known else None,
        )
        if name == parts.MAIL:
            return place
        if not (self.signing_keys / f"{name}.key").exists():
            generate_keypair(self.signing_keys, name)
        return replace(
            place,
            amqp_uri=self.uri_of(name),
            database_url=self._database_url(name) if name in SERVICES else "",
            ops_port=known.ops_port if known else free_ports(1)[0],
            signing_key=str(self.signing_keys / f"{name}.key"),
            public_keys=str(self.signing_keys / "public"),
            clock_file=str(self.clock_file),
            environment=self._environment,
        )

    def _database_url(self, name: str) -> str:
        if self.kind is Kind.POSTGRESQL:
            return self.postgres.create(name, self._passwords()[name])
        return f"sqlite:///{self.directory / 'db' / name}.db"

    def _passwords(self) -> dict[str, str]:
        """Return the password of every broker user and database role, making those that are missing."""
        file = self.directory / "passwords.json"
        known: dict[str, str] = _read(file)
        partners = [partner.user for partner in load_partners()]
        wanted = [*SERVICES, *PLAIN, *partners, OPERATOR, MONITOR, PBX_LOGIN]
        missing = {user: new_password() for user in wanted if user not in known}
        if missing:
            known |= missing
            write_secret(file, json.dumps(known, indent=1))
        return known

    def _apply_topology(self) -> None:
        self.broker.start()
        words = ["topology", "apply", "--amqp-uri", self.broker.amqp_uri]
        if self.broker.management_uri is None:
            print("The broker gives us no administrator: its users and rights stay as they are.")
        else:
            words += ["--admin-uri", self.broker.management_uri]
            words += ["--passwords-file", str(self.directory / "passwords.json")]
        self._rapport(*words)

    def _rapport(self, *words: str) -> None:
        """Run the project's own command on this house, whether or not it is installed."""
        command = [sys.executable, "-m", "rapport_cli.main", "--house", str(self._file), *words]
        run(
            command,
            cwd=PROJECT,
            timeout=COMMAND_SECONDS,
            env={**base_environment(), **services.PYTHON},
        )

    def _refuse_a_change_of_database(self) -> None:
        running = [name for name, place in self.places.items() if place.is_running]
        if running and self._found.get("kind", self.kind) != self.kind:
            raise CannotRun(f"{', '.join(running)} run on {self._found['kind']}: stop them first.")

    def _process(self, name: str) -> Process:
        running = self.places[name].process
        if running is None:
            raise CannotRun(f"{name} was not started.")
        return running

    def _remembered(self) -> dict[str, dict[str, Any]]:
        rows: dict[str, dict[str, Any]] = self._found.get("places", {})
        for row in rows.values():
            known = row["process"]
            row["process"] = Process(**known) if isinstance(known, dict) else None
        return rows

    def _save(self) -> None:
        state = {
            "kind": self.kind,
            "amqp_uri": self.broker.amqp_uri,
            "operator_uri": self.uri_of(OPERATOR),
            "management_uri": self.broker.management_uri,
            "ports": self.ports,
            "only": [] if self._only == parts.names() else self._only,
            "places": {name: asdict(place) for name, place in self.places.items()},
        }
        write_secret(self._file, json.dumps(state, indent=1))


def _read(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
