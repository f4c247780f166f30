"""the words of calling: what can come of a call, to begin with."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_RECORD = ("id", "entity_id", "version", "event_seq", "created_at", "updated_at")

# key, label, place
DISPOSITIONS = (
    ("resolved", "Resolved", 10),
    ("order", "Order taken", 20),
    ("interested", "Interested", 30),
    ("information", "Information given", 40),
    ("complaint", "Complaint", 50),
    ("call_back", "To be called back", 60),
    ("passed_on", "Passed on", 70),
    ("not_reached", "Not reached", 80),
    ("not_interested", "Not interested", 90),
    ("wrong_number", "Wrong number", 100),
    ("other", "Other", 110),
)


def upgrade() -> None:
    """Write what the users may rename, retire and add to."""
    columns = (*_RECORD, "key", "label", "place", "active")
    table = sa.table("dispositions", *(sa.column(each) for each in columns))
    for key, label, place in DISPOSITIONS:
        record = {"id": f"dispositions.{key}", "entity_id": "group", "version": 1, "event_seq": 0}
        now = {"created_at": sa.func.now(), "updated_at": sa.func.now()}
        given = {"key": key, "label": label, "place": place, "active": sa.true()}
        op.execute(sa.insert(table).values(**record, **now, **given))
