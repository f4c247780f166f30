"""How a department tells something, right or wrong."""

from typing import Any

from chassis.clock import isoformat, real_now
from chassis.envelope import Envelope
from chassis.ids import new_id

COMMON: dict[str, Any] = {
    "actor": "service:accounts", "occurred_at": "2017-03-01T09:00:00.000000Z", "origin": "test",
    "changed": {},
}  # fmt: skip


def envelope(type_: str, subject: str = "c-1", **changes: Any) -> dict[str, Any]:
    """Write the headers of a good event; a change of None leaves a header out."""
    good = Envelope(
        id=new_id(), source=f"/crm/{type_.partition('.')[0]}", type=type_,
        time=isoformat(real_now()), subject=subject, dataschema=type_, correlation_id="c",
        causation_id="c", sequence=1,
    ).headers()  # fmt: skip
    wanted: dict[str, Any] = dict(good) | {f"ce-{name}": value for name, value in changes.items()}
    return {name: value for name, value in wanted.items() if value is not None}
