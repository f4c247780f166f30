"""What was due has happened, once: warnings and breaches of cases, call-backs, any timer."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from chaos import times
from chaos.stage import Stage
from chaos.told import told
from chassis.timers import MAX_ATTEMPTS

LATE = timedelta(seconds=30)  # how late a timer may be on a machine that has much to do
Happened = Counter[tuple[str, str]]  # (whose, which) -> how often


def timers(stage: Stage) -> Iterator[str]:
    """Hold timers that wait against the clock, and those that have fired against what followed."""
    until = times.now(stage) - LATE
    for service in stage.house.databases:
        waiting = stage.rows(service, "select kind, key, due, attempts, reason from timers")
        yield from overdue(service, waiting, until)
    for service, proof in (("service_desk", _cases), ("telephony", _callbacks)):
        if service in stage.house.databases:
            yield from proof(stage, until)


def overdue(service: str, waiting: Iterable[Any], until: datetime) -> Iterator[str]:
    """Yield the timers that should have fired, and those that are tried no more."""
    for timer in waiting:
        named = f"the timer {timer['kind']} {timer['key']} of {service}"
        if timer["attempts"] >= MAX_ATTEMPTS:
            yield f"{named} is stuck: {timer['reason']}"
        elif times.instant(timer["due"]) <= until:
            tried = f", tried {timer['attempts']} times" if timer["attempts"] else ""
            yield f"{named} was due at {timer['due']}{tried}"


def missed(promises: Iterable[Any], until: datetime) -> Iterator[str]:
    """Yield the promises on cases whose warning or breach was passed over."""
    for one in promises:
        if one["ended_at"] is not None or one["breached_at"] is not None:
            continue
        named = f"{one['milestone']} of case {one['case_id']}"
        if _is_past(one["due"], until):
            yield f"{named} was due at {one['due']}, and nobody noted that it is late"
        elif one["warned_at"] is None and _is_past(one["warn_at"], until):
            yield f"nobody was warned of {named} at {one['warn_at']}"


def unequal(what: str, happened: Happened, settled: Happened, said: Happened) -> Iterator[str]:
    """Yield what the log says more often than it happened, and less often than it had happened.

    :param settled: of what happened, what the log must know by now.
    """
    for whose, which in sorted(happened | said):
        most, least, count = (one[whose, which] for one in (happened, settled, said))
        if not least <= count <= most:
            yield f"{which} of {whose} {what} {most} times, the log says it {count} times"


def unwritten(promises: Happened, history: Happened) -> Iterator[str]:
    """Yield the warnings and breaches that a case and its history do not agree on."""
    for whose, which in sorted(promises | history):
        stored, written = promises[whose, which], history[whose, which]
        if stored != written:
            yield f"case {whose} was {which} {stored} times, its history says it {written} times"


# In one statement, for the house goes on: a timer may fire between two.
WHAT_HAPPENED = """
select 'history' as source, case_id, change, reason, noted_at from case_changes
 where change in ('warned', 'breached', 'escalated')
union all select 'promise', case_id, 'warned', milestone, warned_at from case_milestones
 where warned_at is not null
union all select 'promise', case_id, 'breached', milestone, breached_at from case_milestones
 where breached_at is not null
"""
NEXT_REMINDERS = """
select callbacks.id, state, reminders, updated_at, timers.key as timer from callbacks
 left join timers on timers.kind = 'callback.due' and timers.key = callbacks.id
"""
SAID_BY = {"warned": "milestone", "breached": "milestone", "escalated": "reason"}


def _cases(stage: Stage, until: datetime) -> Iterator[str]:
    said = {
        change: _count(told(stage, f"service_desk.case.{change}.v1"), "case_id", field)
        for change, field in SAID_BY.items()
    }
    yield from missed(stage.rows("service_desk", "select * from case_milestones"), until)
    rows = stage.rows("service_desk", WHAT_HAPPENED)  # after the log, which knows no more than this
    lines = [one for one in rows if one["source"] == "history"]
    for change in SAID_BY:
        happened = [one for one in lines if one["change"] == change]
        old = [one for one in happened if _is_past(one["noted_at"], until)]
        stored, settled = (_count(some, "case_id", "reason") for some in (happened, old))
        yield from unequal(f"was {change}", stored, settled, said[change])
    promises = [one for one in rows if one["source"] == "promise"]
    written = [one for one in lines if one["change"] != "escalated"]
    keyed = (Counter((one["case_id"], f"{one['change']} of {one['reason']}") for one in some)
             for some in (promises, written))  # fmt: skip
    yield from unwritten(*keyed)


def _callbacks(stage: Stage, until: datetime) -> Iterator[str]:
    """Each reminder was said once; a call-back that is open has its next one."""
    reminders = list(told(stage, "telephony.callback.due.v1"))
    yield from doubled_reminders(reminders)
    said = Counter(one["callback_id"] for one in reminders)
    for row in stage.rows("telephony", NEXT_REMINDERS):
        count = said[row["id"]]
        if count < row["reminders"] and _is_past(row["updated_at"], until):
            yield f"call-back {row['id']} was due {row['reminders']} times, told {count} times"
        if row["state"] == "open" and row["timer"] is None:
            yield f"call-back {row['id']} is open, and nothing will remind of it"
    requested = (one["call_id"] for one in told(stage, "telephony.callback.requested.v1"))
    for call_id, count in Counter(requested).items():
        if call_id is not None and count > 1:
            yield f"a call-back for call {call_id} was told {count} times"


def doubled_reminders(reminders: Iterable[Any]) -> Iterator[str]:
    """Yield the reminders that were said twice; put off to another instant they count anew."""
    said = Counter((one["callback_id"], one["due"], one["reminders"]) for one in reminders)
    for (callback_id, _, number), count in said.items():
        if count > 1:
            yield f"reminder {number} of call-back {callback_id} was told {count} times"


def _count(rows: Iterable[Any], whose: str, which: str) -> Happened:
    return Counter((row[whose], row[which]) for row in rows)


def _is_past(stored: datetime | str | None, until: datetime) -> bool:
    return stored is not None and times.instant(stored) <= until
