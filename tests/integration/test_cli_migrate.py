"""Databases come to the newest revision whole or not at all, on both kinds of database."""

import json
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Table, inspect, text

from chassis import database as databases
from chassis import migrate, tables
from chassis.database import Database
from contracts import SERVICES
from rapport_cli.main import main

every_service = pytest.mark.parametrize("service", SERVICES)
FAILING = '''
"""Breaks half-way."""

import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{head}"


def upgrade() -> None:
    op.create_table("half_done", sa.Column("id", sa.Integer(), primary_key=True))
    op.execute("SELECT nothing FROM nowhere")
'''


def run(*words: str) -> tuple[int, str]:
    """Run a command and return its exit code and what it printed."""
    done = CliRunner().invoke(main, ["migrate", *words])
    return done.exit_code, done.output


def table_names(url: str) -> set[str]:
    """Return the tables of a database."""
    database = Database(url)
    try:
        return set(inspect(database.engine).get_table_names())
    finally:
        database.close()


def execute(url: str, sql: str) -> None:
    """Change a database behind everybody's back."""
    database = Database(url)
    with database.engine.begin() as connection:
        connection.execute(text(sql))
    database.close()


class TestMigrate:
    @every_service
    def test_makes_exactly_what_the_service_declares(self, service: str, database_url: str) -> None:
        code, said = run(service, "--database-url", database_url, "--json")

        assert code == 0
        assert json.loads(said)["applied"][service][0].startswith("0001")
        assert migrate.check(service, database_url) == []
        assert table_names(database_url) - {"alembic_version"} == set(migrate.tables_of(service))

    @every_service
    def test_does_nothing_the_second_time(self, service: str, database_url: str) -> None:
        run(service, "--database-url", database_url)

        code, said = run(service, "--database-url", database_url)

        assert (code, said) == (0, f"{service}: already at the newest revision.\n")

    @every_service
    def test_has_nothing_left_to_draft(self, service: str) -> None:
        assert migrate.draft(service, "nothing") is None

    def test_lets_two_migrate_at_once(self, database_url: str) -> None:
        with ThreadPoolExecutor(2) as pool:
            applied = list(pool.map(lambda _: migrate.upgrade("accounts", database_url), range(2)))

        assert migrate.check("accounts", database_url) == []
        assert [] in applied or applied[0] == applied[1]

    def test_waits_for_another_that_takes_longer_than_any_command(
        self, database_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(databases, "LOCK_TIMEOUT_SECONDS", 0.01)
        upgrading, entered, going = migrate.command.upgrade, threading.Event(), threading.Event()

        def slow(*given: Any) -> None:
            entered.set()
            assert going.wait(60)
            upgrading(*given)

        monkeypatch.setattr(migrate.command, "upgrade", slow)
        with ThreadPoolExecutor(2) as pool:
            first = pool.submit(migrate.upgrade, "accounts", database_url)
            assert entered.wait(60)
            second = pool.submit(migrate.upgrade, "accounts", database_url)
            with pytest.raises(TimeoutError):  # it waits, many times as long
                second.result(0.5)
            going.set()

            assert first.result() != []
            assert second.result() in ([], first.result())

    def test_undoes_a_revision_that_fails_half_way(
        self, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        migrate.upgrade("accounts", database_url)
        before, home = table_names(database_url), migrate._home("accounts")
        shutil.copytree(home / "migrations", tmp_path / "accounts" / "migrations")
        head = migrate._script("accounts").get_current_head()
        planted = tmp_path / "accounts" / "migrations" / "versions" / "9999_broken.py"
        planted.write_text(FAILING.format(head=head))
        monkeypatch.setattr(migrate, "_home", lambda _: tmp_path / "accounts")

        with pytest.raises(Exception, match=r"nowhere|does not answer"):
            migrate.upgrade("accounts", database_url)

        assert table_names(database_url) == before
        monkeypatch.undo()
        assert migrate.check("accounts", database_url) == []

    def test_leaves_a_database_alone_that_a_newer_release_migrated(self, database_url: str) -> None:
        migrate.upgrade("accounts", database_url)
        execute(database_url, "UPDATE alembic_version SET version_num = '9998'")

        code, said = run("accounts", "--database-url", database_url)

        assert code == 1
        assert "is at revision 9998, which this release does not know." in said
        database = Database(database_url)
        with database.reading() as session:
            assert migrate.pending("accounts", session.connection()) is None
        database.close()
        assert "9998" in migrate.check("accounts", database_url)[0]


class TestCheck:
    def test_says_that_a_database_is_behind(self, database_url: str) -> None:
        code, said = run("accounts", "--check", "--database-url", database_url)

        assert code == 1
        assert said.startswith("The database of accounts is at revision none")

    def test_names_a_column_that_nobody_declared(self, database_url: str) -> None:
        migrate.upgrade("accounts", database_url)
        execute(database_url, "ALTER TABLE outbox ADD COLUMN planted INTEGER")

        code, said = run("accounts", "--check", "--database-url", database_url)

        assert (code, said) == (1, "accounts: remove column outbox.planted.\n")

    def test_names_a_column_of_another_type(self, postgresql_url: str) -> None:
        migrate.upgrade("accounts", postgresql_url)
        execute(postgresql_url, "ALTER TABLE outbox ALTER COLUMN id TYPE text")

        code, said = run("accounts", "--check", "--database-url", postgresql_url, "--json")

        assert code == 1
        assert json.loads(said)["differences"]["accounts"][0].startswith(
            "accounts: modify type outbox.id"
        )

    def test_names_a_table_that_is_missing(self, database_url: str) -> None:
        migrate.upgrade("accounts", database_url)
        execute(database_url, "DROP TABLE inbox")

        differences = migrate.check("accounts", database_url)

        assert "accounts: add table inbox." in differences


class TestTables:
    def test_are_shared_only_where_they_are_the_chassis_own(self) -> None:
        accounts, sales = map(migrate.tables_of, ("accounts", "sales"))

        plain = {table.name for table in vars(tables).values() if isinstance(table, Table)}
        assert accounts & sales == plain | {"files", "file_pieces"}
