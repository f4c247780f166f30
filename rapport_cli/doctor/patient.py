"""Whom the doctor looks at: one house, and the ways to its parts that were given."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pika

from chassis.errors import Forbidden
from chassis.plain.connection import open_connection
from chassis.topology.admin import Admin, vhost_of
from chassis.topology.shapes import Topology
from contracts import SERVICES
from rapport_cli.house import PATIENCE_SECONDS, House, Running


@dataclass(frozen=True, slots=True)
class Patient:
    """A house, what is declared for its broker, and how to get to it."""

    house: House
    topology: Topology
    amqp_uri: str | None  # as who may declare, or else as the operator
    admin_uri: str | None = None
    token: str | None = None

    @property
    def operator_uri(self) -> str | None:
        """Return the broker as the operator, who alone may read what is parked."""
        return self.house.operator_uri or self.amqp_uri

    @property
    def running(self) -> dict[str, Running]:
        """Return the processes that are known here, by name."""
        return self.house.running

    def services(self) -> list[str]:
        """List the services that run in this house: all of them where nobody says otherwise."""
        here = {name.partition("-")[0] for name in self.running}
        return [name for name in SERVICES if not here or name in here]

    def runs(self, name: str) -> bool:
        """Say whether a process belongs to this house."""
        return not self.running or name in self.running

    @contextmanager
    def broker(self) -> Iterator[pika.BlockingConnection]:
        """Connect to the broker.

        :raises Unavailable: if it does not answer.
        :raises Forbidden: if it does not let us in, or nobody said where it is.
        """
        connection = open_connection(
            self._given(self.amqp_uri, "broker: give --amqp-uri"),
            name="rapport doctor",
            patience_seconds=PATIENCE_SECONDS,
        )
        try:
            yield connection
        finally:
            if connection.is_open:
                connection.close()

    @contextmanager
    def admin(self) -> Iterator[Admin]:
        """Ask the management API.

        :raises Forbidden: if nobody said where it is.
        """
        amqp_uri = self._given(self.amqp_uri, "broker: give --amqp-uri")
        uri = self._given(self.admin_uri, "management API: give --admin-uri")
        with Admin(uri, vhost_of(amqp_uri)) as admin:
            yield admin

    def _given(self, found: str | None, what: str) -> str:
        if not found:
            raise Forbidden(f"No {what}.", code="doctor.not_given")
        return found
