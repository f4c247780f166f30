"""When analytics works by itself: the monitor every minute, the scores every night."""

import time
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta

from sqlalchemy import update

from chassis.ids import new_id
from chassis.tables import TIMERS
from chassis.work import Work
from services.analytics.domain.runs import CheckState, ScoreState
from services.analytics.reads.monitor import is_under_way

CHECK_DUE, NIGHT_DUE = "warehouse.check", "scores.nightly"  # the kinds of the timers
RECONCILE, SCORE_CUSTOMERS = "reconcile", "score_customers"  # the kinds of the processes
CHECK_PAUSE = timedelta(minutes=1)
NIGHT_HOUR = 2  # UTC
# A business clock that travels makes thousands of nights in a minute: by the real clock each
# process begins at most once in so many seconds.
CHECK_REAL_SECONDS, NIGHT_REAL_SECONDS = 60, 600


def check_warehouse(work: Work, *, key: str, data: Mapping[str, object]) -> None:
    """Compare the warehouse with the books, and again in a minute from now."""
    work.at(work.now + CHECK_PAUSE, CHECK_DUE, key, data)
    if is_under_way(work, RECONCILE):
        return  # sales or the warehouse is away; more of the same would only pile up
    once = f"timer:{int(time.time()) // CHECK_REAL_SECONDS}"
    work.start(RECONCILE, once, asdict(CheckState(check_id=new_id())))


def score_tonight(work: Work, *, key: str, data: Mapping[str, object]) -> None:
    """Score all customers over their whole history, and again in the night after this one."""
    work.at(next_night(work.now), NIGHT_DUE, key, data)
    once = f"timer:{int(time.time()) // NIGHT_REAL_SECONDS}"
    work.start(SCORE_CUSTOMERS, once, asdict(ScoreState(run_id=new_id(), as_of=work.now)))


def wake(work: Work) -> None:
    """Bring back what sleeps too long: a business clock that was set back leaves it far ahead."""
    for kind, due in ((CHECK_DUE, work.now + CHECK_PAUSE), (NIGHT_DUE, next_night(work.now))):
        late = (TIMERS.c.kind == kind, TIMERS.c.due > due)
        work.session.execute(update(TIMERS).where(*late).values(due=due))


def next_night(now: datetime) -> datetime:
    """Return the next instant at which the night's work begins."""
    tonight = now.replace(hour=NIGHT_HOUR, minute=0, second=0, microsecond=0)
    return tonight if tonight > now else tonight + timedelta(days=1)
