"""Bring a service's database to the shape that its tables declare, and say where it differs."""

import sys
import tempfile
import zlib
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from sqlalchemy import (
    Column,
    Connection,
    Constraint,
    Enum,
    Index,
    MetaData,
    String,
    Table,
    text,
)
from sqlalchemy.types import TypeDecorator

from chassis import statistics
from chassis import tables as chassis_tables
from chassis.config import ConfigError
from chassis.database import Database, translated
from chassis.errors import Conflict
from chassis.files import tables as file_tables
from chassis.tables import Base

PATIENCE_SECONDS = 600.0  # SQLite: while another process migrates
ENVIRONMENT = Path(__file__).with_name("migrations")
# What has no name cannot be dropped on SQLite.
_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def upgrade(service: str, url: str) -> list[str]:
    """Migrate a database to the newest revision; return the revisions that were applied.

    :raises ConfigError: if there is no such service.
    :raises Conflict: if a newer release has migrated it further than this one knows.
    :raises Unavailable: if the database does not answer.
    """
    script = _script(service)
    with _connection(url) as connection:
        before = _revision(connection)
        connection.rollback()
        if before is not None and not _known(script, before):
            raise Conflict(_ahead(service, before), code="database.ahead")
        if before is not None and before == script.get_current_head():
            return []
        config = _config(service)
        config.attributes["options"] = _options(service, connection)
        with connection.begin():
            _alone(connection, service)
            command.upgrade(config, "head")
            statistics.give(connection)
        after = _revision(connection)
    if before == after:
        return []
    steps = script.iterate_revisions(after or "base", before or "base")
    return [step.revision for step in steps][::-1]


def check(service: str, url: str) -> list[str]:
    """List, a sentence each, where a database differs from what the service declares.

    :raises ConfigError: if there is no such service.
    :raises Unavailable: if the database does not answer.
    """
    with _connection(url) as connection:
        at, behind = _revision(connection), pending(service, connection)
        if behind:
            return [behind]
        if at is not None and not _known(_script(service), at):
            return [_ahead(service, at)]
        options = _options(service, connection)
        context = MigrationContext.configure(connection, opts=options)
        found = compare_metadata(context, options["target_metadata"])
    return [_sentence(service, difference) for difference in _flat(found)]


def pending(service: str, connection: Connection) -> str | None:
    """Say in one sentence that a database is behind the newest revision, or nothing (readiness).

    One that is ahead is no obstacle: a newer release has migrated it, and what it changed leaves
    this release working until it is replaced.
    """
    script, at = _script(service), _revision(connection)
    head = script.get_current_head()
    if at == head or (at is not None and not _known(script, at)):
        return None
    return (
        f"The database of {service} is at revision {at or 'none'}, not {head or 'none'}: "
        f"run rapport migrate {service}."
    )


def draft(service: str, message: str) -> Path | None:
    """Write the next revision from what the tables declare, to be read before it is kept.

    :raises ConfigError: if there is no such service.
    """
    (_home(service) / "migrations" / "versions").mkdir(parents=True, exist_ok=True)
    script = _script(service)
    number = f"{len(list(script.walk_revisions())) + 1:04d}"
    config = _config(service)
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/draft.db"
        upgrade(service, url)
        if not check(service, url):
            return None
        with _connection(url) as connection:
            config.attributes["options"] = _options(service, connection)
            made = command.revision(config, message, autogenerate=True, rev_id=number, head="head")
    return Path(made.path) if isinstance(made, Script) else None


def tables_of(service: str) -> frozenset[str]:
    """Name the tables of a service's database: the chassis' own and those of its package.

    :raises ConfigError: if there is no such service.
    """
    _home(service)
    import_module(f"services.{service}.tables")
    package = f"services.{service}."
    mapped = {
        str(mapper.local_table.name)
        for mapper in Base.registry.mappers
        if (mapper.class_.__module__ + ".").startswith((package, f"{file_tables.__name__}."))
        and isinstance(mapper.local_table, Table)
    }
    modules = [chassis_tables]
    modules += [module for name, module in sys.modules.items() if name.startswith(package)]
    plain = {
        value.name
        for module in modules
        for value in vars(module).values()
        if isinstance(value, Table)
    }
    return frozenset(mapped | plain)


def _home(service: str) -> Path:
    if not service.isidentifier() or find_spec(f"services.{service}") is None:
        raise ConfigError(f"There is no service {service}.")
    return Path(import_module(f"services.{service}").__path__[0])


def _config(service: str) -> Config:
    versions = _home(service) / "migrations" / "versions"
    config = Config(cmd_opts=Namespace(quiet=True))
    for name, value in {
        "script_location": ENVIRONMENT,
        "version_locations": versions,
        "path_separator": "newline",
        "file_template": "%(rev)s_%(slug)s",
    }.items():
        config.set_main_option(name, str(value).replace("%", "%%"))
    return config


def _script(service: str) -> ScriptDirectory:
    return ScriptDirectory.from_config(_config(service))


@contextmanager
def _connection(url: str) -> Iterator[Connection]:
    database = Database(url, pool_size=1)
    try:
        engine = database.engine.execution_options(patience=PATIENCE_SECONDS)
        with translated(), engine.connect() as connection:
            if database.sqlite:
                # A table is rebuilt by dropping it, which would delete what refers to it; the
                # pragma does nothing inside a transaction, so it goes past SQLAlchemy.
                raw: Any = connection.connection
                raw.execute("PRAGMA foreign_keys=OFF")
            yield connection
    finally:
        database.close()


def _options(service: str, connection: Connection) -> dict[str, Any]:
    declared = MetaData(naming_convention=_NAMES)
    for name in sorted(tables_of(service)):
        Base.metadata.tables[name].to_metadata(declared)
    return {
        "connection": connection,
        "target_metadata": declared,
        "compare_type": True,
        "render_as_batch": connection.dialect.name == "sqlite",
        "render_item": _render_type,
        # Ours begins with BEGIN IMMEDIATE, so that SQLite too undoes a migration that fails.
        "transactional_ddl": True,
    }


def _alone(connection: Connection, service: str) -> None:
    """Wait until no other replica migrates, and take the time it takes."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        usual = connection.execute(text("SHOW lock_timeout")).scalar_one()
        connection.execute(text("SET LOCAL lock_timeout = 0"))
        key = zlib.crc32(f"rapport.migrate.{service}".encode())
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})
        connection.execute(text(f"SET LOCAL lock_timeout = '{usual}'"))  # tables are not waited for


def _known(script: ScriptDirectory, revision: str) -> bool:
    return any(known.revision == revision for known in script.walk_revisions())


def _ahead(service: str, revision: str) -> str:
    return f"The database of {service} is at revision {revision}, which this release does not know."


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _render_type(kind: str, item: object, _: object) -> str | Literal[False]:
    """Write our types by what the database stores: a migration outlives the class."""
    if kind != "type":
        return False
    if isinstance(item, Enum) and not item.native_enum:
        return f"sa.String(length={item.length})"
    if isinstance(item, TypeDecorator):
        stored = item.impl_instance
        zoned = "timezone=True" if getattr(stored, "timezone", False) else ""
        length = f"length={stored.length}" if isinstance(stored, String) and stored.length else ""
        return f"sa.{type(stored).__name__}({zoned or length})"
    return False


def _flat(found: list[Any]) -> Iterator[tuple[Any, ...]]:
    for difference in found:
        if isinstance(difference, list):
            yield from difference
        else:
            yield difference


def _sentence(service: str, difference: tuple[Any, ...]) -> str:
    what, *facts = difference
    path = [fact if isinstance(fact, str) else _name(fact) for fact in facts]
    return f"{service}: {what.replace('_', ' ')} {'.'.join(filter(None, path))}."


def _name(fact: object) -> str:
    """Name what a difference is about; a column comes with its table's name before it."""
    if isinstance(fact, Column | Table):
        return str(fact.name)
    if isinstance(fact, Index | Constraint):
        return f"{getattr(fact.table, 'name', '')}.{fact.name or 'unnamed'}"
    return ""
