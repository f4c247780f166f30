"""Where customers stand, now and before."""

from collections.abc import Sequence

from sqlalchemy import func, select

from chassis.work import Work
from services.analytics.domain.pyramid import Tier
from services.analytics.tables import CustomerScore, CustomerStanding, ScoreRun


def standings(work: Work, run_id: str, after_rank: int, limit: int) -> list[CustomerStanding]:
    """Return customers in the order of their rank in a run."""
    query = select(CustomerStanding).where(
        CustomerStanding.run_id == run_id, CustomerStanding.rank > after_rank
    )
    return list(work.session.scalars(query.order_by(CustomerStanding.rank).limit(limit)))


def last_told(work: Work, customer_ids: Sequence[str]) -> dict[str, CustomerScore]:
    """Return the score that was told last of each of these customers."""
    newest = (
        select(CustomerScore.customer_id, func.max(CustomerScore.number).label("number"))
        .where(CustomerScore.customer_id.in_(customer_ids))
        .group_by(CustomerScore.customer_id)
        .subquery()
    )
    query = select(CustomerScore).join(
        newest,
        (CustomerScore.customer_id == newest.c.customer_id)
        & (CustomerScore.number == newest.c.number),
    )
    return {one.customer_id: one for one in work.session.scalars(query)}


def tier_counts(work: Work, run_id: str) -> dict[str, int]:
    """Count the customers of a run by tier."""
    query = select(CustomerStanding.tier, func.count()).where(CustomerStanding.run_id == run_id)
    counted = dict(iter(work.session.execute(query.group_by(CustomerStanding.tier))))
    return {tier.value: counted.get(tier, 0) for tier in Tier}


def current_run(work: Work) -> ScoreRun | None:
    """Return the run by which everybody stands where they stand."""
    query = select(ScoreRun).where(ScoreRun.current)
    return work.session.scalar(query.order_by(ScoreRun.as_of.desc(), ScoreRun.id).limit(1))


def current_runs(work: Work) -> list[ScoreRun]:
    """Return the current run under its lock; two, if the first two ended at once."""
    query = select(ScoreRun).where(ScoreRun.current).order_by(ScoreRun.id)
    return list(work.session.scalars(query.with_for_update()))


def standing(work: Work, run_id: str, customer_id: str) -> CustomerStanding | None:
    """Return where a customer stands in a run."""
    key = {"run_id": run_id, "customer_id": customer_id}
    return work.session.get(CustomerStanding, key)


def history(work: Work, customer_id: str, limit: int) -> list[CustomerScore]:
    """Return the scores of a customer that the caller may see, the newest first."""
    query = select(CustomerScore).where(
        CustomerScore.customer_id == customer_id, *work.visible(CustomerScore)
    )
    return list(work.session.scalars(query.order_by(CustomerScore.number.desc()).limit(limit)))
