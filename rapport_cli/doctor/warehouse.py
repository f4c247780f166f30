"""The warehouse's place in the log: how far behind, where the log had a gap, whether it was made anew."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from chassis.clock import real_now
from chassis.errors import Unavailable
from chassis.plain.rpc import Client
from rapport_cli.doctor import remedies
from rapport_cli.doctor.findings import Finding, note, unseen, wrong
from rapport_cli.doctor.patient import Patient
from rapport_cli.tokens import token_of

ANALYTICS, STATUS = "analytics", "warehouse_status"
ASK_SECONDS = 5.0
BEHIND_SECONDS = 60.0
RECENT = timedelta(days=7)  # a gap that is older was seen to, or is lived with


def warehouse(patient: Patient) -> Iterator[Finding]:
    """Ask the warehouse how it stands to the log, through analytics."""
    if not (patient.runs("warehouse") and patient.runs(ANALYTICS)):
        return
    uri = patient.operator_uri
    assert uri is not None
    token = token_of(patient.house, patient.token)
    try:
        with Client(uri, name="rapport doctor") as client:
            found = client.call(ANALYTICS, STATUS, {}, token=token, timeout_seconds=ASK_SECONDS)
    except Unavailable as absent:
        if not absent.code.startswith("warehouse."):
            raise
        yield wrong(absent.message, remedies.WAREHOUSE_DOWN)
        return
    if not isinstance(found, dict):
        yield unseen("The warehouse answered what nobody can read.")
        return
    yield from judge(found, real_now())


def judge(status: Mapping[str, object], now: datetime) -> Iterator[Finding]:
    """Say what is wrong with what the warehouse says of itself."""
    if status.get("problem"):
        yield wrong(f"The log is not read: {status['problem']}", remedies.WAREHOUSE_BEHIND)
    seconds, events = _number(status, "lag_seconds"), _number(status, "lag_events")
    if seconds > BEHIND_SECONDS:
        yield wrong(
            f"The warehouse is {events:.0f} events and {seconds:.0f} s behind the log.",
            remedies.WAREHOUSE_BEHIND,
        )
    yield from _holes(status, now)
    if apart := _number(status, "quarantined"):
        yield wrong(f"{apart:.0f} events are in quarantine.", remedies.QUARANTINE)
    rebuild = status.get("rebuild")
    if isinstance(rebuild, Mapping) and rebuild.get("state") == "failed":
        yield wrong(f"The last rebuild failed: {rebuild.get('problem')}", remedies.LOG_GAP)


def _holes(status: Mapping[str, object], now: datetime) -> Iterator[Finding]:
    """Tell of gaps and of new lives of the log: as wrong while they are recent."""
    if gaps := _number(status, "gaps"):
        says = f"The log had {gaps:.0f} gaps, the last seen at {status.get('last_gap_at')}."
        recent = _is_recent(status.get("last_gap_at"), now)
        yield wrong(says, remedies.LOG_GAP) if recent else note(says)
    if (life := _number(status, "ordinal")) > 1:
        says = (
            f"This is life {life:.0f} of the log ({status.get('incarnation')}), begun at "
            f"{status.get('begun_at')}: {status.get('begun_because')}."
        )
        recent = _is_recent(status.get("begun_at"), now)
        yield wrong(says, remedies.LOG_GAP) if recent else note(says)


def _is_recent(instant: object, now: datetime) -> bool:
    return isinstance(instant, str) and now - datetime.fromisoformat(instant) < RECENT


def _number(status: Mapping[str, object], name: str) -> float:
    value = status.get(name)
    return float(value) if isinstance(value, int | float) else 0.0
