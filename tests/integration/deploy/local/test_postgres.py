"""Our own PostgreSQL: found again, one database each, and the same after a power cut."""

from collections.abc import Callable, Iterator
from contextlib import closing

import psycopg2
import pytest

from deploy.local.postgres import Postgres
from tests.support.unsynced import synced_server, unsynced_server
from tests.support.waiting import eventually

ENDINGS: list[Callable[[Postgres], None]] = [Postgres.stop, Postgres.crash, Postgres.kill]


@pytest.fixture
def url(postgres: Postgres) -> Iterator[str]:
    yield plain(postgres.create("one", "secret"))
    postgres.start()
    postgres.drop("one")


def plain(url: str) -> str:
    return url.replace("+psycopg2", "")


def ask(url: str, question: str) -> list[tuple[object, ...]]:
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchall() if cursor.description else []


def test_another_command_finds_it_again(postgres: Postgres) -> None:
    again = Postgres(postgres.directory)

    assert (again.is_up(), again.pid, again.port) == (True, postgres.pid, postgres.port)


@pytest.mark.parametrize("end", ENDINGS, ids=lambda end: end.__name__)
def test_keeps_what_was_committed(
    postgres: Postgres, url: str, end: Callable[[Postgres], None]
) -> None:
    ask(url, "CREATE TABLE kept AS SELECT 1 AS number")

    end(postgres)
    assert not postgres.is_up()
    postgres.start()

    assert ask(url, "SELECT number FROM kept") == [(1,)]


@pytest.fixture
def as_delivered(postgres: Postgres) -> Iterator[None]:
    """The server as it is outside of tests, which have it wait for no disk."""
    synced_server(postgres)
    yield
    unsynced_server(postgres)


def test_is_not_as_fast_as_it_would_be_without_fsync(url: str, as_delivered: None) -> None:
    eventually(lambda: ask(url, "SHOW fsync") == [("on",)], because="it has read its settings")

    assert ask(url, "SHOW full_page_writes") == [("on",)]
    assert ask(url, "SHOW synchronous_commit") == [("on",)]


def test_lets_a_role_into_its_own_database_only(postgres: Postgres, url: str) -> None:
    foreign = plain(postgres.create("two", "other")).replace("two:other", "one:secret")

    with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
        ask(foreign, "SELECT 1")
    postgres.drop("two")
