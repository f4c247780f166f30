"""A service's own database in the hands of an operator, beside the service."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from chassis import migrate
from chassis.database import Database
from chassis.errors import Conflict, Unavailable


@dataclass(frozen=True, slots=True)
class Holder:
    """A service's database in the hands of an operator: the leader finds what changed by itself."""

    database: Database

    def wake(self) -> None:
        """Leave it to the leader's own clock, at most a second."""


@contextmanager
def held(service: str, url: str) -> Iterator[Holder]:
    """Open a service's own database, beside the service.

    :raises Unavailable: if it is not there or does not answer.
    :raises Conflict: if it is not at the newest revision.
    """
    place = make_url(url)
    if place.get_backend_name() == "sqlite" and not Path(place.database or "").is_file():
        raise Unavailable(
            f"The database of {service} is not there: {place.database}.", code="database.missing"
        )
    database = Database(url, pool_size=1)
    try:
        with database.reading() as session:
            behind = migrate.pending(service, session.connection())
        if behind:
            raise Conflict(behind, code="database.not_migrated")
        yield Holder(database)
    finally:
        database.close()


@contextmanager
def opened(service: str, url: str) -> Iterator[Session]:
    """Open a transaction that only reads a service's own database, and sees one state of it."""
    with held(service, url) as holder, holder.database.reading() as session:
        if not holder.database.sqlite:  # which does so by itself
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        yield session
