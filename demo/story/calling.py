"""A day on the phones: captured calls, played again to the bridge by a replayed PBX."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from demo.derived import CALLERS
from demo.findings import CallDay, Slot
from demo.result import Check
from demo.story import books, reckoning
from demo.story.desk import Desk
from demo.story.staffing import Staffing
from deploy.local.pbx import Play, ReplayPbx

OPENS, CLOSES = time(9), time(17)
ROUND = timedelta(minutes=30)
CAPTURED = "13800138000"  # who calls in most captures
# Who calls when, and what becomes of it: answered, given up, queue in vain, by extension, busy, …
ROUNDS = (
    ("01", "02", "05", "09", "03"),
    ("03", "01", "18"),
    ("01", "23", "04", "41"),
    ("02", "06", "19", "01"),
    ("07", "01", "08"),
)
APART = timedelta(minutes=6)
SETTLED = "told_end_at is not null"


@dataclass
class Calling:
    """What the PBX played, and what the house made of it."""

    played: int = 0  # calls, by their id at the PBX
    identified: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    complaint: dict[str, Any] = field(default_factory=dict)  # the call that it came with
    checks: tuple[Check, ...] = ()


def take_calls(desk: Desk, staffing: Staffing, day: date) -> Calling:
    """Play a day of calls, half an hour at a time, and do what the agents do after it."""
    done = Calling()
    with ReplayPbx(desk.house.ports["pbx"], desk.house.pbx_secret, booted=_at(day, OPENS)) as pbx:
        desk.wait(lambda: pbx.listeners, "the bridge has logged in to the PBX")
        for begins, plays in _schedule(day):
            desk.travel_to(begins)
            done.played += _play(pbx, plays)
            desk.wait(lambda: _ended(desk) >= done.played, f"{done.played} calls have ended")
            desk.console.progress(f"{begins:%H:%M}, {done.played} calls")
    desk.travel_to(_at(day, CLOSES))
    reckoning.quiet(desk)  # who calls is found out, and pops, while and after it rings
    done.identified = books.count(desk, "telephony", "calls", "customer_id is not null")
    done.outcomes = Counter(
        call["outcome"] for call in desk.pages("telephony.find_records", {"kind": "call"})
    )
    done.complaint = _longest_call(desk)
    done.checks = (*_call_back(desk, staffing), *_checks(desk, done))
    _tell(desk, done)
    return done


def _schedule(day: date) -> Iterator[tuple[datetime, list[Play]]]:
    """Yield each half hour with its calls; the five callers take turns."""
    numbers = [number.removeprefix("+86") for number in CALLERS.values()]
    begins, place = _at(day, OPENS), 0
    while begins < _at(day, CLOSES):
        captures = ROUNDS[place % len(ROUNDS)]
        yield (
            begins,
            [
                Play(name, begins + APART * n, {CAPTURED: numbers[(place + n) % len(numbers)]})
                for n, name in enumerate(captures)
            ],
        )
        begins, place = begins + ROUND, place + 1


def _play(pbx: ReplayPbx, plays: list[Play]) -> int:
    """Play calls as fast as they are taken; return how many there were, by their ids at the PBX."""
    ids = set()
    told = sorted((one for play in plays for one in pbx.events(play)), key=lambda one: one.at)
    for one in told:
        fields = one.fields()
        if fields.get("Event") == "Newchannel":
            ids.add(fields["Linkedid"])
        pbx.tell(one)
    return len(ids)


def _ended(desk: Desk) -> int:
    return books.count(desk, "telephony", "calls", SETTLED)


def _longest_call(desk: Desk) -> dict[str, Any]:
    """Find the call of our best customer that went on for longest."""
    best = desk.call("accounts.identify", {"phone": next(iter(CALLERS.values()))})
    customer = best["customers"][0]["customer_id"]
    calls = desk.call(
        "telephony.find_records",
        {"kind": "call", "filters": {"customer_id": customer}, "limit": 50},
    )["items"]
    return max(calls, key=lambda call: (call["talk_ms"] or 0, call["id"]))


def _call_back(desk: Desk, staffing: Staffing) -> tuple[Check, ...]:
    """Call back whoever gave up waiting and has not called again."""
    due = list(desk.pages("telephony.callbacks_due", {}))
    agent = next(iter(staffing.agents.values()))
    for one in due:
        named = {"callback_id": one["id"], "version": one["version"], "outcome": "done"}
        desk.call("telephony.close_callback", named, who=agent)
    every = books.count(desk, "telephony", "callbacks")
    by_themselves = books.count(desk, "telephony", "callbacks", "outcome = 'called_again'")
    still_open = books.count(desk, "telephony", "callbacks", "closed_at is null")
    desk.console.fact(
        "call-backs", f"{every}: {by_themselves} called again, {len(due)} called back"
    )
    return (
        Check("Whoever gave up waiting is called back, or called again", still_open == 0,
              f"{still_open} are open"),
    )  # fmt: skip


def _checks(desk: Desk, done: Calling) -> tuple[Check, ...]:
    missing = books.count(desk, "telephony", "call_deliveries", "not popped")
    popped = books.count(desk, "telephony", "call_deliveries", "popped")
    spool = books.metric(desk, "cti", "crm_cti_spool_rows")
    return (
        Check(f"All {done.played} callers were identified", done.identified == done.played,
              f"{done.identified} were"),
        Check(f"Each of {popped} rings popped a screen", missing == 0, f"{missing} did not"),
        Check("The bridge has published all it heard", spool == 0, f"{spool} wait"),
    )  # fmt: skip


def _tell(desk: Desk, done: Calling) -> None:
    said = ", ".join(f"{count} {outcome}" for outcome, count in done.outcomes.most_common())
    desk.console.fact("calls", f"{done.played}: {said}")
    desk.console.fact("identified", f"{done.identified}")


def report(desk: Desk, staffing: Staffing, day: date) -> CallDay:
    """Ask the warehouse for the day."""
    found = desk.call("analytics.call_report", {"day": day.isoformat()}, who=staffing.analyst)
    slots = tuple(
        Slot(
            one["from"][11:16],
            one["offered"],
            one["answered"],
            one["abandoned"],
            one["average_wait_seconds"],
        )
        for one in found["buckets"]
        if OPENS <= time.fromisoformat(one["from"][11:16]) < CLOSES
    )
    level = found["total"]["service_level"]
    return CallDay(
        day.isoformat(),
        slots,
        found["threshold_seconds"],
        None if level is None else float(level),
        "Captured calls of a real PBX, played again.",
    )


def _at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, UTC)
