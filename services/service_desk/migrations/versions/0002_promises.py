"""what is promised to begin with: two calendars, six policies, three levels up."""

from collections.abc import Mapping

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_RECORD = ("id", "entity_id", "version", "event_seq", "created_at", "updated_at")
_WORKDAYS = ("mon", "tue", "wed", "thu", "fri")
_OFFICE = {day: [["09:00", "12:30"], ["13:30", "18:00"]] for day in _WORKDAYS}
_ALWAYS = {day: [["00:00", "24:00"]] for day in (*_WORKDAYS, "sat", "sun")}
_MINUTE, _HOUR = 60, 3600

# key, label, zone, week
CALENDARS = (
    ("office", "Office hours", "UTC", _OFFICE),
    ("always", "Round the clock", "UTC", _ALWAYS),
)
# key, label, type, severity, tier, calendar; then acknowledge, first response, solution and
# feedback in seconds of service time, and when to warn in percent
POLICIES: tuple[tuple[object, ...], ...] = (
    ("everyday", "Everything else", None, None, None, "office",
     2 * _HOUR, 8 * _HOUR, 40 * _HOUR, None, 75),
    ("valued", "For our most important customers", None, None, "vip", "office",
     _HOUR, 4 * _HOUR, 16 * _HOUR, None, 75),
    ("critical", "Nothing works", None, "critical", None, "always",
     15 * _MINUTE, _HOUR, 8 * _HOUR, None, 75),
    ("complaint", "Complaints", "complaint", None, None, "office",
     _HOUR, 4 * _HOUR, 24 * _HOUR, 32 * _HOUR, 75),
    ("valued_complaint", "Complaints of our most important customers", "complaint", None, "vip",
     "office", 30 * _MINUTE, 2 * _HOUR, 16 * _HOUR, 20 * _HOUR, 75),
    ("critical_complaint", "Complaints that cannot wait", "complaint", "critical", None, "always",
     15 * _MINUTE, _HOUR, 24 * _HOUR, 32 * _HOUR, 75),
)  # fmt: skip
# key, level, role
LEVELS = (
    ("first", 1, "supervisor"),
    ("second", 2, "sales_director"),
    ("third", 3, "general_manager"),
)


def upgrade() -> None:
    """Write what the users may change, add to and retire."""
    for key, label, zone, week in CALENDARS:
        named = {"key": key, "label": label, "zone": zone}
        _write("service_calendars", key, {**named, "week": week})
    names = ("acknowledge_seconds", "first_response_seconds", "solution_seconds")
    columns = ("key", "label", "type", "severity", "tier", "calendar_id", *names)
    for row in POLICIES:
        promised = dict(zip((*columns, "feedback_seconds", "warn_percent"), row, strict=True))
        calendar = {"calendar_id": f"service_calendars.{row[5]}"}
        _write("sla_policies", str(row[0]), {**promised, **calendar, "active": sa.true()})
    for key, level, role in LEVELS:
        _write("escalation_steps", key, {"level": level, "role": role})


def _write(name: str, key: str, given: Mapping[str, object]) -> None:
    types = {"week": sa.JSON()}
    columns = (sa.column(each, types.get(each)) for each in (*_RECORD, *given))
    table = sa.table(name, *columns)
    record = {"id": f"{name}.{key}", "entity_id": "group", "version": 1, "event_seq": 0}
    now = {"created_at": sa.func.now(), "updated_at": sa.func.now()}
    op.execute(sa.insert(table).values(**record, **now, **given))
