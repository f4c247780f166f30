"""Databases that do not wait for the disk: in a test a process dies, never the machine.

What was committed is the operating system's by then, so whoever is killed finds it again.
"""

from sqlalchemy import Engine, event

from deploy.local.postgres import Postgres

_SETTINGS = ("fsync", "full_page_writes")


def unsynced_server(postgres: Postgres) -> None:
    """Let a server go on without waiting, also when it is started again."""
    with postgres._cursor() as cursor:
        for name in _SETTINGS:
            cursor.execute(f"ALTER SYSTEM SET {name} = off")
        cursor.execute("SELECT pg_reload_conf()")


def synced_server(postgres: Postgres) -> None:
    """Let a server wait again, as ours does outside of tests."""
    with postgres._cursor() as cursor:
        cursor.execute("ALTER SYSTEM RESET ALL")
        cursor.execute("SELECT pg_reload_conf()")


def unsynced(engine: Engine) -> None:
    """Let the files of SQLite go on without waiting."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous=OFF"))
