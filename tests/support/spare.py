"""A migrated database for each test: to make a new one each time takes too long."""

import secrets
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from chassis import migrate
from chassis.database import Database
from chassis.errors import Unavailable
from chassis.tables import Base
from deploy.local.house import Kind
from deploy.local.machine import new_password


class Emptying:
    """Deletes what the tables of a database hold; PostgreSQL is asked but once for all of them."""

    def __init__(self, tables: Iterable[Table]) -> None:
        # Who refers goes first.
        self._statements = [f"DELETE FROM {one.name}" for one in reversed(list(tables))]

    def __call__(self, session: Session) -> None:
        """Delete every row."""
        connection = session.connection()
        at_once = connection.dialect.name == "postgresql"
        for words in ["; ".join(self._statements)] if at_once else self._statements:
            connection.exec_driver_sql(words)


class Spare:
    """A migrated database that is emptied and used again."""

    def __init__(self, service: str, url: str) -> None:
        self.url = url
        names = migrate.tables_of(service)
        tables = [one for one in Base.metadata.sorted_tables if one.name in names]
        self._empty = Emptying(tables)
        # Kept open: a new session of PostgreSQL reads its catalogue first, for 13 ms.
        self._database = Database(url, pool_size=1)
        with self._database.reading() as session:
            found = {
                table: [dict(row) for row in session.execute(select(table)).mappings()]
                for table in tables
            }
        self._first = {table: rows for table, rows in found.items() if rows}

    def emptied(self) -> str:
        """Leave only what a migrated database holds, and return its URL."""
        try:
            self._begin_anew()
        except Unavailable:  # a test has killed the server since
            self._database.engine.dispose()
            self._begin_anew()
        return self.url

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def _begin_anew(self) -> None:
        with self._database.begin() as session:
            self._empty(session)
            for table, rows in self._first.items():  # what refers to others last
                session.execute(table.insert(), rows)


def databases_of(service: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return the fixtures ``spare`` and ``database_url`` of a service's tests."""

    @pytest.fixture(scope="session", name="spare")
    def spare(session_postgres: Any) -> Iterator[Spare]:
        """One migrated PostgreSQL database for all tests of a service."""
        session_postgres.start()
        name = f"test_{secrets.token_hex(6)}"
        url = session_postgres.create(name, new_password())
        migrate.upgrade(service, url)
        spare = Spare(service, url)
        yield spare
        spare.close()
        session_postgres.start()
        session_postgres.drop(name)

    @pytest.fixture(name="database_url")
    def database_url(database_kind: Kind, tmp_path: Any, request: pytest.FixtureRequest) -> str:
        """The URL of a database of each kind in turn."""
        if database_kind is Kind.SQLITE:
            return f"sqlite:///{tmp_path / f'{service}.db'}"
        request.getfixturevalue("postgres")
        return str(request.getfixturevalue("spare").emptied())

    return spare, database_url
