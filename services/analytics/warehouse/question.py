"""What may be asked of the warehouse: a name, what it accepts, and the function that answers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa
from marshmallow import Schema

MAX_ROWS = 10_000  # more than that is an export, not an answer

# ``run(con, parameters)``: the connection only reads; the parameters have passed the schema; the
# answer is JSON values (dates, instants and Decimals are written by chassis.envelope.encode).
Run = Callable[[duckdb.DuckDBPyConnection, dict[str, Any]], object]


@dataclass(frozen=True, slots=True)
class Question:
    """One named question."""

    name: str
    run: Run
    accepts: Schema


def rows_of(
    con: duckdb.DuckDBPyConnection,
    statement: str,
    parameters: Sequence[object] | Mapping[str, object] = (),
) -> list[dict[str, Any]]:
    """Run a query and return its rows by column name; sums of integers are integers again.

    Not fetchall(): an instant with a zone would need a package more there.
    """
    given = dict(parameters) if isinstance(parameters, Mapping) else list(parameters)
    table = con.execute(statement, given).to_arrow_table()
    whole = [
        field.name
        for field in table.schema
        if pa.types.is_decimal(field.type) and field.type.scale == 0
    ]
    rows: list[dict[str, Any]] = table.to_pylist()
    for row in rows:
        for name in whole:
            row[name] = None if row[name] is None else int(row[name])
    return rows
