"""Import files that an earlier release took in are files of accounts afterwards, for as long as before."""

from alembic import command
from sqlalchemy import text

from chassis import migrate
from chassis.database import Database

BEFORE = """
INSERT INTO import_chunks (entity_id, file_id, number, start, size, sha256, content)
VALUES ('group', 'f', {number}, {start}, 3, '{digest}', :content)
"""
TIMER = """
INSERT INTO timers (id, kind, key, due, data, attempts, next_try)
VALUES ('t', 'import.file_expired', 'group:f', '2027-01-31 12:00:00.000000',
        '{"entity_id":"group","file_id":"f"}', 0, 0)
"""


def at_revision(url: str, revision: str) -> None:
    """Migrate no further than an earlier release did."""
    with migrate._connection(url) as connection:
        config = migrate._config("accounts")
        config.attributes["options"] = migrate._options("accounts", connection)
        with connection.begin():
            command.upgrade(config, revision)


def test_pieces_and_time_of_import_files_move(database_url: str) -> None:
    at_revision(database_url, "0002")
    database = Database(database_url)
    with database.engine.begin() as connection:
        for number, content in enumerate((b"one", b"two")):
            row = BEFORE.format(number=number, start=3 * number, digest="0" * 64)
            connection.execute(text(row), {"content": content})
        connection.exec_driver_sql(TIMER)

    migrate.upgrade("accounts", database_url)

    with database.engine.connect() as connection:
        pieces = connection.execute(text("SELECT content FROM file_pieces ORDER BY number"))
        assert [bytes(row.content) for row in pieces] == [b"one", b"two"]
        file = connection.execute(text("SELECT id, owner_id, expires_at FROM files")).one()
        assert (file.id, file.owner_id, str(file.expires_at)[:10]) == ("f", None, "2027-01-31")
        timer = connection.execute(text("SELECT kind, key FROM timers")).one()
        assert (timer.kind, timer.key) == ("file.expired", "f")
    database.close()
