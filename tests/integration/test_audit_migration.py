"""The values that a trail held before it was chained move over, on both kinds of database."""

import json
import runpy
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text

from chassis import migrate
from chassis.chain import commitment
from chassis.clock import Clock
from chassis.database import Database
from chassis.erasing import erase_values
from chassis.origin import internal
from chassis.work import working
from tests.support.trail import entries, leaving_deleted_bytes, seal, verdict

OLD_ROW = text(
    "INSERT INTO audit (record_kind, record_id, version, verb, at, actor, channel, correlation_id, "
    "changes) VALUES (:kind, :id, 1, 'created', '2017-03-01 09:00:00', 'person:ann', 'rpc:x', 'c', "
    ":changes)"
)
TEAM = text(
    "INSERT INTO teams (id, entity_id, version, event_seq, created_at, updated_at, name) "
    "VALUES ('t1', 'north', 1, 0, '2017-03-01 09:00:00', '2017-03-01 09:00:00', 'North')"
)


def as_before(url: str) -> None:
    """Bring a database of accounts to the revision before its trail was chained."""
    (home,) = import_module("services.accounts").__path__
    (file,) = (Path(home) / "migrations" / "versions").glob("*_audit_chain.py")
    before = runpy.run_path(str(file))["down_revision"]
    upgrade = command.upgrade
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(migrate.command, "upgrade", lambda config, _: upgrade(config, before))
        migrate.upgrade("accounts", url)


@pytest.fixture
def old(database_url: str) -> Iterator[Database]:
    """A database of accounts as the release before left it, with three rows in its trail."""
    yield from as_the_release_before(database_url)


def as_the_release_before(url: str) -> Iterator[Database]:
    """Open a database as the release before left it."""
    as_before(url)
    database = Database(url)
    with database.engine.begin() as connection:
        connection.execute(TEAM)
        for kind, id_ in (("teams", "t1"), ("teams", "gone"), ("vanished", "v1")):
            changes = json.dumps({"name": [None, f"Ann {id_}"]})
            connection.execute(OLD_ROW, {"kind": kind, "id": id_, "changes": changes})
    yield database
    database.close()


def test_moves_the_values_and_commits_to_them(old: Database) -> None:
    migrate.upgrade("accounts", old.url.render_as_string(hide_password=False))

    found = entries(old)
    assert [(one.position, one.id, one.changes) for one in found] == [
        (1, "t1", {"name": [None, "Ann t1"]}),
        (2, "gone", {"name": [None, "Ann gone"]}),
        (3, "v1", {"name": [None, "Ann v1"]}),
    ]
    with old.engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT entity_id, commitment, salt, audit_values.changes FROM audit "
                "JOIN audit_values ON audit_values.position = audit.position "
                "ORDER BY audit.position"
            )
        ).all()
    assert [row.entity_id for row in rows] == ["north", "group", "group"]
    assert all(row.commitment == commitment(row.salt, row.changes) for row in rows)
    assert len({row.salt for row in rows}) == 3


def test_chains_what_was_there_before(old: Database) -> None:
    migrate.upgrade("accounts", old.url.render_as_string(hide_password=False))

    assert seal(old) == 3

    found = verdict(old)
    assert (found.faults, found.rows, found.sealed) == ([], 3, 3)


def test_takes_over_what_the_release_before_still_writes(old: Database) -> None:
    migrate.upgrade("accounts", old.url.render_as_string(hide_password=False))
    with old.engine.begin() as connection:
        row = {"kind": "teams", "id": "t2", "changes": '{"name": [null, "Bo"]}'}
        connection.execute(OLD_ROW, row)
    assert verdict(old).faults == []

    assert seal(old) == 4

    found = verdict(old)
    assert (found.faults, found.rows, found.sealed) == ([], 4, 4)
    assert entries(old)[-1].changes == {"name": [None, "Bo"]}
    with old.engine.connect() as connection:
        left = connection.execute(text("SELECT count(*) FROM audit WHERE changes IS NOT NULL"))
        assert left.scalar_one() == 0


def test_of_what_was_moved_away_nothing_is_left_in_the_file(sqlite_url: str) -> None:
    with leaving_deleted_bytes():
        for old in as_the_release_before(sqlite_url):
            move_and_erase(old)
            assert old.url.database is not None
            content = Path(old.url.database).read_bytes()

    assert b"Ann t1" in content
    assert b"Ann gone" not in content


def move_and_erase(old: Database) -> None:
    """Migrate, erase one of the values that moved, and write the file anew as far as it changed."""
    migrate.upgrade("accounts", old.url.render_as_string(hide_password=False))
    with working(old, Clock(), internal("accounts", "test")) as work:
        erase_values(work, [("teams", "gone")])

    with old.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")
