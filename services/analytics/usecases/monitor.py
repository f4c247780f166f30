"""The monitor: what a comparison of the warehouse with the books means, stored, told and measured."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete

from chassis.clock import isoformat
from chassis.work import Work
from services.analytics import metrics
from services.analytics.domain import reconciliation
from services.analytics.domain.reconciliation import Books, Calm, Measure, Verdict
from services.analytics.domain.runs import CheckState
from services.analytics.reads import monitor, telling
from services.analytics.tables import WarehouseCheck, WarehouseWatch
from services.analytics.usecases import schedule

WAREHOUSE = "main"
CHECKS_KEPT = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Look:
    """What the warehouse says of itself at one instant."""

    books: Books
    behind: int  # events it had not read of those that were there when the look began
    lag_events: int
    lag_seconds: float
    gaps: int
    duplicates: int
    quarantined: int


def judge(work: Work, state: CheckState, source: Books, looks: tuple[Look, Look]) -> None:
    """Compare, with the warehouse's first look before the books were read and one after."""
    before, after = looks
    watch = monitor.watch(work, WAREHOUSE) or work.add(WarehouseWatch(id=WAREHOUSE))
    calm = Calm(before.behind, after.behind, before.books == after.books)
    measures = reconciliation.compare(source, after.books)
    check = WarehouseCheck(
        id=state.check_id,
        as_of=work.now,
        verdict=reconciliation.judge(measures, calm, watch.verdict),
        measures=[_shown(one) for one in measures],
        lag_events=after.lag_events,
        lag_seconds=after.lag_seconds,
    )
    work.session.add(check)
    if check.verdict is not Verdict.CATCHING_UP:  # which says nothing of what was seen before
        watch.verdict = check.verdict
    faults = {
        "gaps": after.gaps, "duplicates": after.duplicates, "quarantined": after.quarantined,
    }  # fmt: skip
    work.tell(lambda _: telling.reconciled(WAREHOUSE, check, faults), watch)
    metrics.show(measures, watch.verdict, settled=calm.settled)
    schedule.wake(work)
    _forget(work)
    state.answer = {
        "warehouse": WAREHOUSE,
        "as_of": isoformat(work.now),
        "verdict": check.verdict.value,
        "equal": check.verdict is Verdict.EQUAL,
        "measures": check.measures,
        "lag_events": after.lag_events,
        "lag_seconds": after.lag_seconds,
        **faults,
    }


def _shown(one: Measure) -> dict[str, str | int]:
    return {"measure": one.measure, "source": one.source, "warehouse": one.warehouse}


def _forget(work: Work) -> None:
    """Delete what nobody looks up any more; else every minute would leave something for good."""
    old = WarehouseCheck.as_of < work.now - CHECKS_KEPT
    work.session.execute(delete(WarehouseCheck).where(old))
