"""What SQLite is told of how the rows of a large database are spread, in place of counting them.

SQLite takes every index for equally narrow until it has statistics, and would read a whole entity, or a
whole team, to find the contacts of one customer. Counting (ANALYZE) takes long, is out of date soon, and
misleads where most rows have no value. So the shares are given: "Manual Control Of Query Plans Using
SQLITE_STAT Tables" in its documentation, which asks for care. PostgreSQL counts by itself.
"""

from sqlalchemy import Connection

ROWS = 1_000_000
FEW = 10  # rows that share a value of any other column
# Into how many parts a column divides the rows: by its name, or by its type. What may be most of a
# list, as what is nobody's is, hardly narrows it: the list is read in its order until a page is full.
NAMED = {"entity_id": 2, "team_id": 1, "territory_id": 1, "tag": 1, "owner_id": 1.25}
TYPED = {"VARCHAR(32)": 8, "BOOLEAN": 2}  # a choice of a few words, or of two

_FORGET = "DELETE FROM sqlite_stat1"
_TELL = "INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)"


def give(connection: Connection) -> None:
    """Give a SQLite database the statistics of each of its indexes; another one is left alone."""
    if connection.dialect.name != "sqlite":
        return
    ask = connection.exec_driver_sql
    ask("ANALYZE alembic_version")  # makes the table of statistics
    tables = ask("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
    found = [
        (table, index.name, _shares(connection, table, index.name, index.unique))
        for (table,) in tables.all()
        for index in ask(f"PRAGMA index_list({table})").all()
    ]
    ask(_FORGET)
    ask(_TELL, found)
    ask("ANALYZE sqlite_schema")  # lets this connection read it; the others do when they begin


def _shares(connection: Connection, table: str, index: str, unique: int) -> str:
    types = {
        row.name: row.type for row in connection.exec_driver_sql(f"PRAGMA table_info({table})")
    }
    columns = connection.exec_driver_sql(f"PRAGMA index_info({index})").all()
    left, numbers = float(ROWS), [ROWS]
    for column in columns:
        parts = NAMED.get(column.name) or TYPED.get(types.get(column.name, "")) or ROWS // FEW
        left = max(left / parts, 1)
        numbers.append(int(left))
    if unique:
        numbers[-1] = 1
    return " ".join(map(str, numbers))
