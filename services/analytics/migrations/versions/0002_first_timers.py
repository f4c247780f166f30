"""what runs by itself: the first round of the monitor and of the night's scores is due at once."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

# kind, key; each sets the next round itself
TIMERS = (("warehouse.check", "main"), ("scores.nightly", "customers"))
DUE = datetime(2000, 1, 1, tzinfo=UTC)


def upgrade() -> None:
    """Set the timers whose successors they set themselves."""
    table = sa.table(
        "timers",
        sa.column("id", sa.String),
        sa.column("kind", sa.String),
        sa.column("key", sa.String),
        sa.column("due", sa.DateTime(timezone=True)),
        sa.column("data", sa.Text),
        sa.column("attempts", sa.Integer),
        sa.column("next_try", sa.Float),
    )
    for kind, key in TIMERS:
        first = {"id": f"{kind}.{key}", "kind": kind, "key": key, "due": DUE, "data": "{}"}
        op.execute(sa.insert(table).values(**first, attempts=0, next_try=0.0))
