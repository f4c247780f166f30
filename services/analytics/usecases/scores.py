"""Scores of customers: stored as a run, told where they changed."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import delete

from chassis.bulk import insert_many
from chassis.ids import natural_id
from chassis.work import Work
from contracts.analytics import CustomerScored
from services.analytics import metrics
from services.analytics.domain.pyramid import Tier
from services.analytics.domain.runs import ScoreState
from services.analytics.reads import scores
from services.analytics.tables import CustomerScore, CustomerStanding, ScoreRun
from services.analytics.usecases import ownership, schedule

TOLD_AT_ONCE = 1_000  # customers whose scores are compared and told in one transaction


def store_run(
    work: Work, state: ScoreState, head: Mapping[str, Any], items: Sequence[Mapping[str, Any]]
) -> None:
    """Put in where everybody stands, as the warehouse counted it."""
    start = head["period_start"]
    work.add(
        ScoreRun(
            id=state.run_id,
            period_start=None if start is None else date.fromisoformat(start),
            period_end=date.fromisoformat(head["period_end"]),
            as_of=state.as_of,
            currency=head["currency"],
            method=head["method"],
            population=len(items),
            tiers={},
            told=0,
            current=False,
        )
    )
    rows = [_standing(state.run_id, item) for item in items]
    insert_many(work.session, _table(CustomerStanding), rows)


def tell_changes(work: Work, state: ScoreState) -> bool:
    """Tell the next thousand customers who stand elsewhere than was told; say whether more wait."""
    if not state.stands:
        return False
    run = work.get(ScoreRun, state.run_id)
    found = scores.standings(work, run.id, state.last_rank, TOLD_AT_ONCE)
    known = scores.last_told(work, [one.customer_id for one in found])
    changed = [
        _score(run, one, known.get(one.customer_id))
        for one in found
        if _differs(run, one, known.get(one.customer_id))
    ]
    ownership.give_to_owners(work, changed)
    events = [(_told(run, row), row["customer_id"], row["number"]) for row in changed]
    work.write_many(CustomerScore, changed, events)
    run.told += len(changed)
    if found:
        state.last_rank = found[-1].rank
    return len(found) == TOLD_AT_ONCE


def finish_run(work: Work, state: ScoreState) -> None:
    """Close a run; standings are kept of the run alone that knew most of the whole history."""
    run = work.get(ScoreRun, state.run_id)
    run.tiers, run.finished_at = scores.tier_counts(work, run.id), work.now
    before = scores.current_runs(work)
    run.current = state.stands and all(run.as_of >= one.as_of for one in before)
    outdated = before if run.current else [run]
    for one in outdated:
        one.current = False
        gone = delete(CustomerStanding).where(CustomerStanding.run_id == one.id)
        work.session.execute(gone)
    schedule.wake(work)
    if run.current:
        metrics.SCORED.set_to_current_time()
    state.answer = {
        "run_id": run.id,
        "as_of": run.as_of,
        "period_start": run.period_start,
        "period_end": run.period_end,
        "currency": run.currency,
        "method": run.method,
        "population": run.population,
        "tiers": run.tiers,
        "told": run.told,
    }


def _differs(run: ScoreRun, now: CustomerStanding, told: CustomerScore | None) -> bool:
    if told is None:
        return True
    # What was known earlier does not undo what was told by somebody who knew more.
    return run.as_of >= told.scored_at and (now.tier, now.rfm) != (told.tier, told.rfm)


def _standing(run_id: str, item: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "customer_id": item["customer_id"],
        "run_id": run_id,
        "rank": item["rank"],
        "tier": Tier(item["tier"]),
        "spend_minor": item["spend_minor"],
        "recency_days": item["recency_days"],
        "frequency": item["frequency"],
        "monetary_minor": item["monetary_minor"],
        "rfm": item["rfm"],
    }


def _score(run: ScoreRun, now: CustomerStanding, told: CustomerScore | None) -> dict[str, Any]:
    return {
        "id": natural_id("customer_score", run.id, now.customer_id),
        "event_seq": 1,
        "customer_id": now.customer_id,
        "number": told.number + 1 if told else 1,
        "run_id": run.id,
        "scored_at": run.as_of,
        "tier": now.tier,
        "previous_tier": told.tier if told else None,
        "rank": now.rank,
        "population": run.population,
        "spend_minor": now.spend_minor,
        "currency": run.currency,
        "recency_days": now.recency_days,
        "frequency": now.frequency,
        "monetary_minor": now.monetary_minor,
        "rfm": now.rfm,
    }


def _told(run: ScoreRun, row: Mapping[str, Any]) -> CustomerScored:
    return CustomerScored(
        customer_id=row["customer_id"],
        score_id=row["id"],
        tier=row["tier"].value,
        rank=row["rank"],
        population=row["population"],
        spend_minor=row["spend_minor"],
        currency=row["currency"],
        period_start=(run.period_start or date.min).isoformat(),
        period_end=run.period_end.isoformat(),
        as_of=run.as_of,
        method=run.method,
        previous_tier=row["previous_tier"] and row["previous_tier"].value,
        recency_days=row["recency_days"],
        frequency=row["frequency"],
        monetary_minor=row["monetary_minor"],
        rfm=row["rfm"],
        version=row["number"],
    )


def _table(kind: type[CustomerStanding]) -> Any:
    return kind.__table__
