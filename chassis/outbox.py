"""The outbox table as its relay sees it."""

from collections.abc import Sequence
from typing import TypeAlias

from sqlalchemy import Row, delete, select, text

from chassis.database import Database
from chassis.tables import OUTBOX

# position, id, exchange, routing_key, headers (JSON), body (JSON), recorded_at
OutboxRow: TypeAlias = Row[int, str, str, str, str, str, float]

_OLDEST = select(OUTBOX).order_by(OUTBOX.c.position)
_DELETE = delete(OUTBOX).where(OUTBOX.c.position == text(":position"))
_DELETE_ALL = text("DELETE FROM outbox WHERE position = ANY(:positions)")
# A deletion that a crash undoes only means a resend, so it need not wait for the disk.
_RELAXED = text("SET LOCAL synchronous_commit = off")


def read_outbox(database: Database, limit: int) -> Sequence[OutboxRow]:
    """Return the oldest rows that exist; a late commit may come before rows seen earlier."""
    with database.reading() as session:
        return session.execute(_OLDEST.limit(limit)).all()


def delete_sent(database: Database, positions: Sequence[int]) -> None:
    """Forget rows that the broker has confirmed; between them may be others that it has not."""
    with database.writing() as connection:
        if database.sqlite:
            connection.execute(_DELETE, [{"position": one} for one in positions])
        else:
            connection.execute(_RELAXED)
            connection.execute(_DELETE_ALL, {"positions": list(positions)})
