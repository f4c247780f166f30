"""How opportunities are doing."""

from datetime import UTC, datetime, time

from sqlalchemy import func, select

from chassis.clock import isoformat
from chassis.work import Work
from services.sales.domain.opportunities import StageType, seconds_between
from services.sales.reads.records import stages
from services.sales.tables import Opportunity, StageStay


def stage_report(work: Work, *, opportunity_id: str) -> dict[str, object]:
    """Report on one opportunity: where it stands, how it came there, what is still needed."""
    one = work.get(Opportunity, opportunity_id)
    until = one.closed_at or work.now
    return {
        "opportunity_id": one.id,
        "version": one.version,
        "stage": one.stage,
        "stage_type": one.stage_type,
        "last_open_stage": one.last_open_stage,
        "win_chance": one.win_chance,
        "is_chance_by_hand": one.is_chance_by_hand,
        "seconds_in_stage": seconds_between(one.stage_since, until),
        "seconds_open": seconds_between(one.opened_at, until),
        "seconds_to_expected_close": _seconds_to_close(work, one),
        "seconds_usually_needed": _seconds_usually_needed(work, one),
        "history": [
            {
                "from_stage": stay.from_stage,
                "to_stage": stay.to_stage,
                "from_at": isoformat(stay.from_at),
                "to_at": isoformat(stay.to_at),
                "seconds": stay.seconds,
                "actor": stay.actor,
            }
            for stay in stays(work, one.id)
        ],
    }


def stays(work: Work, opportunity_id: str) -> list[StageStay]:
    """Return the finished stays of an opportunity, in order."""
    query = select(StageStay).where(StageStay.opportunity_id == opportunity_id)
    return list(work.session.scalars(query.order_by(StageStay.to_at, StageStay.id)))


def _seconds_to_close(work: Work, one: Opportunity) -> int | None:
    if one.expected_close_on is None or one.stage_type is not StageType.OPEN:
        return None
    due = datetime.combine(one.expected_close_on, time(), UTC)
    return int((due - work.now).total_seconds())


def _seconds_usually_needed(work: Work, one: Opportunity) -> int | None:
    """Add up what the stages from here on took on average; None before each was ever left."""
    if one.stage_type is not StageType.OPEN:
        return None
    ways = [stage.key for stage in stages(work, one.entity_id) if stage.type is StageType.OPEN]
    ahead = ways[ways.index(one.stage) :] if one.stage in ways else [one.stage]
    query = (
        select(StageStay.from_stage, func.avg(StageStay.seconds))
        .join(Opportunity, Opportunity.id == StageStay.opportunity_id)
        .where(StageStay.from_stage.in_(ahead), Opportunity.entity_id == one.entity_id)
        .where(StageStay.to_type != StageType.LOST)
        .group_by(StageStay.from_stage)
    )
    usual = {stage: float(seconds) for stage, seconds in work.session.execute(query)}
    if set(usual) < set(ahead):
        return None
    return max(0, int(sum(usual.values())) - seconds_between(one.stage_since, work.now))
