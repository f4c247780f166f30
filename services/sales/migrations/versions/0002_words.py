"""the words of selling: statuses of leads and stages of opportunities to begin with."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_RECORD = ("id", "entity_id", "version", "event_seq", "created_at", "updated_at")

# key, label, type, place
STATUSES = (
    ("new", "New", "open", 10),
    ("working", "Working", "ongoing", 20),
    ("nurture", "Nurture", "on_hold", 30),
    ("converted", "Converted", "converted", 40),
    ("disqualified", "Disqualified", "lost", 50),
)
# key, label, type, place, chance of winning in percent
STAGES = (
    ("prospecting", "Prospecting", "open", 10, 10),
    ("qualification", "Qualification", "open", 20, 20),
    ("proposal", "Proposal", "open", 30, 50),
    ("negotiation", "Negotiation", "open", 40, 80),
    ("won", "Won", "won", 50, 100),
    ("lost", "Lost", "lost", 60, 0),
)


def upgrade() -> None:
    """Write what the users may rename, retire and add to."""
    words = ("key", "label", "type", "place")
    _write("lead_statuses", words, STATUSES)
    _write("stages", (*words, "win_chance"), STAGES)


def _write(name: str, columns: tuple[str, ...], rows: tuple[tuple[object, ...], ...]) -> None:
    table = sa.table(name, *(sa.column(each) for each in (*_RECORD, *columns, "active")))
    for row in rows:
        record = {"id": f"{name}.{row[0]}", "entity_id": "group", "version": 1, "event_seq": 0}
        now = {"created_at": sa.func.now(), "updated_at": sa.func.now()}
        given = dict(zip(columns, row, strict=True))
        op.execute(sa.insert(table).values(**record, **now, **given, active=sa.true()))
