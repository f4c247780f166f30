"""Opportunities: opening, moving, winning and losing them."""

from collections.abc import Mapping
from datetime import date

from chassis.errors import Invalid
from chassis.ids import new_id
from chassis.money import exponent
from chassis.ownership import demand_sight, hand_over
from chassis.work import Work
from services.sales.domain import opportunities as rules
from services.sales.domain.opportunities import LostReason, NewOpportunity, StageType, Stay
from services.sales.reads import records, telling
from services.sales.tables import Opportunity, Stage, StageStay
from services.sales.usecases.ownership import Owner, known_customer, owner_of


def open_opportunity(
    work: Work, *, customer_id: str, contact_id: str | None, new: NewOpportunity
) -> Opportunity:
    """Open an opportunity with a customer; it is the customer's owner's.

    :raises Forbidden: if the customer is somebody else's.
    """
    customer = known_customer(work, customer_id)
    one = Opportunity(id=new_id(), customer_id=customer.id, contact_id=contact_id)
    enter(work, one, new, owner_of(customer))
    demand_sight(work, one)
    return one


def enter(work: Work, one: Opportunity, new: NewOpportunity, owner: Owner) -> None:
    """Put a new opportunity at the first stage."""
    exponent(new.currency)
    first = records.stage(work, owner.entity_id, type_=StageType.OPEN)
    one.entity_id = owner.entity_id
    hand_over(one, owner)
    one.title, one.amount_minor, one.currency = new.title, new.amount_minor, new.currency
    one.expected_close_on = new.expected_close_on
    one.stage, one.stage_type, one.last_open_stage = first.key, first.type, first.key
    one.win_chance, one.is_chance_by_hand = first.win_chance, False
    one.opened_at = one.stage_since = work.now
    work.add(one)
    work.tell(telling.opportunity_opened, one)


def revise_opportunity(
    work: Work, *, opportunity_id: str, version: int, given: Mapping[str, int | date | None]
) -> Opportunity:
    """Change the worth, the expected close or the chance; the chance None is the stage's again."""
    one = _open(work, opportunity_id, version)
    if "amount_minor" in given:
        one.amount_minor = _whole(given["amount_minor"])
    if "expected_close_on" in given:
        one.expected_close_on = _day(given["expected_close_on"])
    if "win_chance" in given:
        chance = given["win_chance"]
        one.is_chance_by_hand = chance is not None
        stage = records.stage(work, one.entity_id, key=one.stage)
        one.win_chance = stage.win_chance if chance is None else _whole(chance)
    work.tell(telling.opportunity_revised, one)
    return one


def move_stage(work: Work, *, opportunity_id: str, version: int, stage: str) -> Opportunity:
    """Move an opportunity to another open stage."""
    one = _open(work, opportunity_id, version)
    target = records.stage(work, one.entity_id, key=stage)
    rules.demand_move(one.stage, target.key, target.type)
    stay = _leave(work, one, target)
    one.last_open_stage = target.key
    if not one.is_chance_by_hand:
        one.win_chance = target.win_chance
    work.tell(telling.stage_changed(stay), one)
    return one


def win_opportunity(work: Work, *, opportunity_id: str, version: int) -> Opportunity:
    """Close an opportunity as won."""
    one = _open(work, opportunity_id, version)
    win(work, one)
    return one


def win(work: Work, one: Opportunity) -> None:
    """Close an opportunity that is known to be open as won."""
    _close(work, one, StageType.WON)
    seconds = rules.seconds_between(one.opened_at, work.now)
    work.tell(telling.opportunity_won(seconds), one)


def lose_opportunity(
    work: Work, *, opportunity_id: str, version: int, reason: LostReason, note: str | None
) -> Opportunity:
    """Close an opportunity as lost, with the reason; the last open stage is kept."""
    one = _open(work, opportunity_id, version)
    one.lost_reason, one.lost_note = reason, note
    _close(work, one, StageType.LOST)
    work.tell(telling.opportunity_lost, one)
    return one


def _open(work: Work, opportunity_id: str, version: int) -> Opportunity:
    one = work.get(Opportunity, opportunity_id, version=version)
    rules.demand_open(one.stage_type)
    return one


def _close(work: Work, one: Opportunity, type_: StageType) -> None:
    _leave(work, one, records.stage(work, one.entity_id, type_=type_))
    one.win_chance = rules.CERTAIN if type_ is StageType.WON else rules.HOPELESS
    one.is_chance_by_hand = False
    one.closed_at = work.now


def _leave(work: Work, one: Opportunity, target: Stage) -> Stay:
    """Finish the stay in a stage and begin the next one."""
    stay = Stay(from_stage=one.stage, to_stage=target.key, from_at=one.stage_since, to_at=work.now)
    work.session.add(
        StageStay(
            id=new_id(),
            opportunity_id=one.id,
            from_stage=stay.from_stage,
            to_stage=stay.to_stage,
            to_type=target.type,
            from_at=stay.from_at,
            to_at=stay.to_at,
            seconds=stay.seconds,
            actor=work.actor,
        )
    )
    one.stage, one.stage_type, one.stage_since = target.key, target.type, work.now
    return stay


def _whole(value: int | date | None) -> int:
    if not isinstance(value, int):
        raise Invalid("This takes a whole number.")
    return value


def _day(value: int | date | None) -> date | None:
    if isinstance(value, int):
        raise Invalid("This takes a day.")
    return value
