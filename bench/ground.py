"""What the measurements stand on: a broker and a PostgreSQL of their own, keys, and helper processes."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from bench.child import Child
from bench.page import PAGES
from chassis.service import shape
from chassis.tokens import HOUSE, Signer, generate_keypair
from chassis.topology.apply import apply
from chassis.topology.build import build
from contracts import SERVICES
from deploy.local import management
from deploy.local.broker import Broker
from deploy.local.machine import CannotRun, new_password, private_directory
from deploy.local.postgres import Postgres

SIGNERS = (*SERVICES, "bench", "hearer")


class Ground:
    """The surroundings of one run, in one directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._private = private_directory(directory / "machine")
        self.broker = Broker(self._private / "broker")
        self.postgres = Postgres(self._private / "postgres")
        self.keys = directory / "keys"
        self._children: list[Child] = []
        self._databases = 0

    def prepare(self) -> None:
        """Start broker and server anew; what an earlier run left behind is removed."""
        self.destroy()
        for name in ("keys", "db", "log"):
            shutil.rmtree(self.directory / name, ignore_errors=True)
            (self.directory / name).mkdir(parents=True)
        for name in SIGNERS:
            generate_keypair(self.keys, name)
        self._private = private_directory(self.directory / "machine")
        self.broker.start()
        self.postgres.start()

    def destroy(self) -> None:
        """End everything that is ours."""
        self.release()
        self.broker.destroy()
        self.postgres.destroy()
        shutil.rmtree(self._private, ignore_errors=True)

    def child(self, module: str, **config: object) -> Child:
        """Start a helper process; it ends with its section."""
        log = self.directory / "log" / f"{module}-{len(self._children)}.log"
        started = Child(module, log, amqp=self.broker.amqp_uri, keys=str(self.keys), **config)
        self._children.append(started)
        return started

    def release(self) -> None:
        """End the helper processes."""
        while self._children:
            self._children.pop().close()

    def forget(self) -> None:
        """Delete the SQLite databases; those who have them open have ended."""
        for file in (self.directory / "db").iterdir():
            file.unlink()

    def database(self, kind: str) -> str:
        """Make an empty database and return its URL."""
        self._databases += 1
        name = f"bench_{self._databases}"
        if kind == "sqlite":
            return f"sqlite:///{self.directory / 'db' / name}.db"
        return self.postgres.create(name, new_password())

    def topology(self) -> None:
        """Empty the broker and declare what the pages need.

        :raises CannotRun: if the broker does not do it.
        """
        try:
            management.reset(self.broker.management_uri)
        except httpx.HTTPError as failed:
            raise CannotRun(f"The broker could not be emptied: {failed}") from failed
        apply(build([shape(page) for page in PAGES.values()], ()), self.broker.amqp_uri)

    def token(self, role: str = "rep") -> str:
        """Sign a person's token, long enough for a run."""
        signer = Signer(self.keys / "accounts.key", "accounts")
        return signer.sign("person:rep-1", [HOUSE], roles=[role], lifetime_seconds=7200)


@contextmanager
def prepared(directory: Path) -> Iterator[Ground]:
    """Prepare the ground and leave nothing of it behind."""
    ground = Ground(directory)
    try:
        ground.prepare()
        yield ground
    finally:
        ground.destroy()
