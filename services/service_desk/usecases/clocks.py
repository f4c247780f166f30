"""The clock of a case: what was promised, what is due, and what follows when it is not kept."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from chassis.work import Work
from services.service_desk.domain import clock as rules
from services.service_desk.domain.calendars import ALWAYS, ONE_SECOND, ServiceCalendar
from services.service_desk.domain.cases import Change
from services.service_desk.domain.clock import Entry, Tick, Turn
from services.service_desk.domain.milestones import ORDER, Milestone, deadlines, implied
from services.service_desk.domain.policies import NO_POLICY, choose
from services.service_desk.reads import clocks as reads
from services.service_desk.reads import people, policies, records, telling
from services.service_desk.tables import Case, CaseCalendar, CaseMilestone, ClockEntry, Policy
from services.service_desk.usecases import assignment, escalation, history

WARNING, DEADLINE = "case.warning", "case.deadline"  # the kinds of the timers
RECALCULATION = "calendar.recalculation"
BATCH = 100  # cases in one transaction of a recalculation

ROUND_THE_CLOCK = ServiceCalendar(ZoneInfo("UTC"), ALWAYS)  # where nothing was promised


@dataclass(slots=True)
class CaseClock:
    """A case with its clock, as they stand in this work."""

    case: Case
    turns: list[Turn]  # of the calendars, at least one
    log: list[Entry]
    promises: list[CaseMilestone]  # all that were ever made

    @property
    def calendar(self) -> ServiceCalendar:
        """Return the calendar by which the case runs now, and all that is owed in time."""
        return self.turns[-1].calendar

    @property
    def owed(self) -> list[CaseMilestone]:
        """Return what was promised and is neither met nor given up, in its order."""
        owed = [one for one in self.promises if one.ended_at is None]
        return sorted(owed, key=lambda one: ORDER.index(one.milestone))

    @property
    def deadlines(self) -> dict[str, datetime]:
        """Return when what is owed is due, as far as its clock runs."""
        return {one.milestone.value: one.due for one in self.owed if one.due is not None}

    def seconds_open(self, until: datetime) -> int:
        """Return the whole seconds of service time that the clock ran."""
        return rules.elapsed_by_turns(self.log, self.turns, until) // ONE_SECOND

    def seconds_used(self, one: CaseMilestone, until: datetime) -> int:
        """Return the whole seconds of a promise, by the calendar on which it was made."""
        calendar = [turn.calendar for turn in self.turns if turn.since <= one.since][-1]
        return rules.elapsed(rules.since(self.log, one.since), calendar, until) // ONE_SECOND


def load(work: Work, case: Case) -> CaseClock:
    """Return a case with its clock."""
    turns = [
        Turn(row.since, _calendar(work, row.calendar_id)) for row in reads.calendars(work, case.id)
    ]
    return CaseClock(case, turns, reads.log(work, case.id), reads.promises(work, case.id))


def take(work: Work, case_id: str, version: int) -> CaseClock:
    """Take a case in hand: whatever was due until now has happened before.

    :raises NotIndependent: if it is a complaint about whoever takes it.
    """
    case = work.get(Case, case_id, version=version)
    assignment.demand_independent_caller(work, case)
    clock = load(work, case)
    settle(work, clock, work.now)
    return clock


def begin(work: Work, case: Case) -> CaseClock:
    """Start the clock of a new case with all that its policy promises."""
    clock = CaseClock(case, [], [], [])
    tick(work, clock, Tick.START)
    promise(work, clock, ORDER)
    return clock


def tick(work: Work, clock: CaseClock, what: Tick) -> None:
    """Write a line of the clock's log; the deadlines follow with `plan`."""
    entry = Entry(work.now, what)
    clock.log.append(entry)
    row = ClockEntry(case_id=clock.case.id, place=len(clock.log), at=entry.at, tick=what)
    work.session.add(row)


def promise(
    work: Work,
    clock: CaseClock,
    milestones: Collection[Milestone],
    *,
    anew: Collection[Milestone] = (),
) -> None:
    """Promise what the policy for a case says now, counted from now; it replaces what was owed.

    What was missed already stays missed and owed, unless its turn comes anew.
    """
    case = clock.case
    policy = _policy(work, clock)
    for one in clock.owed:
        if one.breached_at is None or one.milestone in anew:
            _end(work, case, one)
    missed = {one.milestone for one in clock.owed}
    targets = policies.targets(policy) if policy else {}
    for milestone in ORDER:
        seconds = targets.get(milestone)
        if policy is None or seconds is None or milestone in missed:
            continue
        if milestone in milestones:
            _add(work, clock, milestone, (seconds, policy.warn_percent))
    plan(work, clock)


def plan(work: Work, clock: CaseClock, at: datetime | None = None) -> bool:
    """Work the deadlines out anew and set their timers; say whether one is another now.

    None of them moves into the past: what other hours would have made due before is due now.
    """
    before, at = clock.deadlines, at or work.now
    for one in clock.owed:
        if one.breached_at is None:
            log = rules.since(clock.log, one.since)
            found = deadlines(log, clock.calendar, one.target_seconds, one.warn_percent)
            one.warn_at = found.warn_at and max(found.warn_at, at)
            one.due = found.due and max(found.due, at)
            _arm(work, clock.case, one)
    return clock.deadlines != before


def replan(work: Work, clock: CaseClock, reason: str, at: datetime | None = None) -> None:
    """Plan anew and tell it; what turns out to be due at once happens now."""
    if plan(work, clock, at):
        tell_plan(work, clock, reason)
    settle(work, clock, at or work.now)


def tell_plan(work: Work, clock: CaseClock, reason: str) -> None:
    """Tell the deadlines of a case."""
    clock.case.planned_at = work.now
    work.tell(telling.case_replanned(reason, clock.deadlines), clock.case)


def settle(work: Work, clock: CaseClock, until: datetime) -> None:
    """Let every warning and breach happen that was due until an instant, in their order.

    A due instant itself is too late: stretches of time are half-open.
    """
    found: list[tuple[datetime, int, Change, CaseMilestone]] = []
    for place, one in enumerate(clock.owed):
        if one.breached_at is None:
            if one.warned_at is None and one.warn_at is not None:
                found.append((one.warn_at, 2 * place, Change.WARNED, one))
            if one.due is not None:
                found.append((one.due, 2 * place + 1, Change.BREACHED, one))
    for at, _, change, one in sorted(found, key=lambda step: step[:2]):
        if at <= until:
            (_warn if change is Change.WARNED else _breach)(work, clock.case, one, at)


def meet(work: Work, clock: CaseClock, milestone: Milestone) -> None:
    """Note that a promised step was taken now, and with it those before it that were not."""
    case, now = clock.case, work.now
    for one in clock.owed:
        if one.milestone in implied(milestone):
            due = one.due or _due_if_resumed(clock, one, now)
            one.met_at, one.seconds_used = now, clock.seconds_used(one, now)
            _end(work, case, one)
            work.tell(telling.milestone_met(one, due, one.seconds_used), case)


def finish(work: Work, clock: CaseClock) -> None:
    """Stop the clock of a case; nothing is owed any more."""
    tick(work, clock, Tick.STOP)
    for one in clock.owed:
        _end(work, clock.case, one)
    clock.case.seconds_open = clock.seconds_open(work.now)


def watch(work: Work, *, key: str, data: Mapping[str, object]) -> None:  # noqa: ARG001  # the form of a timer's use case
    """Warn of a deadline, or note that it passed; however late, with the instant when it did."""
    case = records.locked(work, Case, str(data["case_id"]))
    assert case is not None, "a case is never deleted"
    settle(work, load(work, case), datetime.fromisoformat(str(data["at"])))


def recalculate(work: Work, *, key: str, data: Mapping[str, object]) -> None:
    """Work out anew what is due by a calendar that was changed, some cases at a time."""
    cases = reads.running_on(work, key, str(data["after"]), BATCH)
    changed_at = datetime.fromisoformat(str(data["at"]))
    for case in cases:
        clock = load(work, case)
        # Whatever somebody did to it after the change comes before what the change does.
        at = max(changed_at, reads.last_change(work, case.id))
        settle(work, clock, at)
        replan(work, clock, "calendar", at)
    if len(cases) == BATCH:
        work.at(changed_at, RECALCULATION, key, {"after": cases[-1].id, "at": changed_at})


def _policy(work: Work, clock: CaseClock) -> Policy | None:
    """Choose the policy of a case and keep the reason."""
    case = clock.case
    customer = people.customer(work, case.customer_id) if case.customer_id else None
    known = policies.policies(work, case.entity_id)
    chosen = choose(
        [policies.as_rule(one, case.entity_id) for one in known.values()],
        case.type,
        case.severity,
        customer.tier if customer else None,
    )
    policy = known[chosen.policy_id] if chosen else None
    case.policy_id, case.policy = (policy.id, policy.key) if policy else (None, NO_POLICY)
    case.policy_reason = chosen.reason if chosen else NO_POLICY
    _run_by(work, clock, policy.calendar_id if policy else None)
    return policy


def _run_by(work: Work, clock: CaseClock, calendar_id: str | None) -> None:
    """Let a case run by a calendar from now on; what it ran before stays as it was."""
    case = clock.case
    if clock.turns and case.calendar_id == calendar_id:
        return
    case.calendar_id = calendar_id
    clock.turns.append(Turn(work.now, _calendar(work, calendar_id)))
    named = {"case_id": case.id, "place": len(clock.turns), "calendar_id": calendar_id}
    work.session.add(CaseCalendar(**named, since=work.now))


def _calendar(work: Work, calendar_id: str | None) -> ServiceCalendar:
    return policies.calendar(work, calendar_id) if calendar_id else ROUND_THE_CLOCK


def _add(work: Work, clock: CaseClock, milestone: Milestone, promised: tuple[int, int]) -> None:
    earlier = sum(one.milestone is milestone for one in clock.promises)
    one = CaseMilestone(
        case_id=clock.case.id,
        milestone=milestone,
        round=earlier + 1,
        since=work.now,
        target_seconds=promised[0],
        warn_percent=promised[1],
    )
    clock.promises.append(one)
    work.session.add(one)


def _warn(work: Work, case: Case, one: CaseMilestone, at: datetime) -> None:
    one.warned_at = at
    work.cancel(WARNING, _key(case, one))
    history.note(work, case, Change.WARNED, reason=one.milestone.value, at=at)
    work.tell(telling.case_warned(one, case.assignee_id), case)


def _breach(work: Work, case: Case, one: CaseMilestone, at: datetime) -> None:
    one.breached_at = at
    _disarm(work, case, one)
    history.note(work, case, Change.BREACHED, reason=one.milestone.value, at=at)
    work.tell(telling.case_breached(one, case.assignee_id), case)
    escalation.escalate(work, case, f"{one.milestone.value}_breached", at=at)


def _arm(work: Work, case: Case, one: CaseMilestone) -> None:
    _disarm(work, case, one)
    warn_at = one.warn_at if one.warned_at is None else None
    for kind, at in ((WARNING, warn_at), (DEADLINE, one.due)):
        if at is not None:
            work.at(at, kind, _key(case, one), {"case_id": case.id, "at": at})


def _disarm(work: Work, case: Case, one: CaseMilestone) -> None:
    work.cancel(WARNING, _key(case, one))
    work.cancel(DEADLINE, _key(case, one))


def _end(work: Work, case: Case, one: CaseMilestone) -> None:
    one.ended_at = work.now
    _disarm(work, case, one)


def _key(case: Case, one: CaseMilestone) -> str:
    return f"{case.id}:{one.milestone.value}"


def _due_if_resumed(clock: CaseClock, one: CaseMilestone, now: datetime) -> datetime:
    log = rules.since([*clock.log, Entry(now, Tick.RESUME)], one.since)
    found = rules.due(log, clock.calendar, timedelta(seconds=one.target_seconds))
    assert found is not None
    return found
