"""The tables of the chassis and of the tests, made where no service is: its own hundreds take seconds."""

import sys

from sqlalchemy import Engine, Table, text

from chassis import tables as chassis_tables
from chassis.tables import Base


def make_tables(engine: Engine) -> None:
    """Make every table but those of the services, whose pages this process may have imported."""
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":  # two processes may do so at once
            connection.execute(text("SELECT pg_advisory_xact_lock(1)"))
        Base.metadata.create_all(connection, tables=own_tables())


def own_tables() -> list[Table]:
    """Return the tables that are no service's."""
    theirs = _in("services") - _tables_of(chassis_tables)
    return [table for table in Base.metadata.sorted_tables if table not in theirs]


def _in(package: str) -> set[Table]:
    found: set[Table] = set()
    for mapper in Base.registry.mappers:
        if mapper.class_.__module__.startswith(f"{package}."):
            found |= {table for table in mapper.tables if isinstance(table, Table)}
    for name, module in list(sys.modules.items()):
        if name.startswith(f"{package}."):
            found |= _tables_of(module)
    return found


def _tables_of(module: object) -> set[Table]:
    return {value for value in vars(module).values() if isinstance(value, Table)}
