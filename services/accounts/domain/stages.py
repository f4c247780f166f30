"""How far the dealings with a customer are, which way they may go on, and what moves them."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from chassis.errors import Conflict, Invalid


class Stage(StrEnum):
    """How far it is with a customer, from the first suspicion to the friend who sends others."""

    SUSPECT = "suspect"
    PROSPECT = "prospect"
    QUALIFIED = "qualified"
    CUSTOMER = "customer"
    REPEAT = "repeat"
    ADVOCATE = "advocate"
    DECLINING = "declining"
    LOST = "lost"
    WON_BACK = "won_back"


class StageReason(StrEnum):
    """Why it went on; a code, because it is told in the log."""

    # what others tell
    LEAD_MATCHED = "lead_matched"
    LEAD_CONVERTED = "lead_converted"
    OPPORTUNITY_OPENED = "opportunity_opened"
    FIRST_ORDER = "first_order"
    REPEAT_ORDER = "repeat_order"
    ORDERED_AGAIN = "ordered_again"
    ORDER_CANCELLED = "order_cancelled"
    CHURNED = "churned"
    CHURN_ENDED = "churn_ended"  # by the thresholds as they are now he never was gone
    # what people say
    SHOWED_INTEREST = "showed_interest"
    ASSESSED = "assessed"
    RECOMMENDS_US = "recommends_us"
    BUYS_LESS = "buys_less"
    NO_INTEREST = "no_interest"
    PRICE = "price"
    SERVICE = "service"
    COMPETITOR = "competitor"
    CLOSED_DOWN = "closed_down"
    MISTAKE = "mistake"


S = Stage
BEFORE = frozenset({S.SUSPECT, S.PROSPECT, S.QUALIFIED})  # has not bought yet
BOUGHT = frozenset({S.CUSTOMER, S.REPEAT, S.ADVOCATE, S.DECLINING, S.WON_BACK})
ALLOWED: dict[Stage, frozenset[Stage]] = {
    S.SUSPECT: frozenset({S.PROSPECT, S.QUALIFIED, S.CUSTOMER, S.LOST}),
    S.PROSPECT: frozenset({S.SUSPECT, S.QUALIFIED, S.CUSTOMER, S.LOST}),
    S.QUALIFIED: frozenset({S.PROSPECT, S.CUSTOMER, S.LOST}),
    S.CUSTOMER: frozenset({S.QUALIFIED, S.REPEAT, S.ADVOCATE, S.DECLINING, S.LOST}),
    S.REPEAT: frozenset({S.CUSTOMER, S.ADVOCATE, S.DECLINING, S.LOST}),
    S.ADVOCATE: frozenset({S.REPEAT, S.DECLINING, S.LOST}),
    S.DECLINING: frozenset({S.REPEAT, S.ADVOCATE, S.LOST}),
    S.LOST: frozenset({S.PROSPECT, S.QUALIFIED, S.CUSTOMER, S.WON_BACK}),
    S.WON_BACK: frozenset({S.REPEAT, S.ADVOCATE, S.DECLINING, S.LOST}),
}
_FORTH = tuple(stage for stage in Stage if stage is not S.LOST)
# Only an order makes a customer, a repeated one, or one who came back: nobody says so.
BY_HAND = (S.SUSPECT, S.PROSPECT, S.QUALIFIED, S.ADVOCATE, S.DECLINING, S.LOST)
SAID = tuple(StageReason)[tuple(StageReason).index(StageReason.SHOWED_INTEREST) :]


class StageUnreachable(Conflict):
    """Refuse a step that the dealings with a customer cannot take."""

    code = "accounts.stage.unreachable"


class StageByFactsOnly(Invalid):
    """Refuse to say what only an order, a lead or time can make true."""

    code = "accounts.stage.by_facts_only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dealings:
    """What is known of a customer when something happened."""

    stage: Stage
    reason: StageReason | None  # why he is there
    since: date
    orders: int
    churned: bool
    ordered_on: date | None = None  # of an order that came in just now; None: something else did
    before_lost: Stage | None = None  # where he was before he was lost, if he is


@dataclass(frozen=True, slots=True)
class Step:
    """Where it goes on, and why."""

    stage: Stage
    reason: StageReason


def check(now: Stage, step: Step, *, orders: int) -> None:
    """Demand that people may say this step.

    :raises StageByFactsOnly: if only what happens can make it true.
    :raises StageUnreachable: if it does not lead on from here.
    """
    if step.stage not in BY_HAND or step.reason not in SAID:
        raise StageByFactsOnly("This follows from what happens; nobody says so.")
    again = now is Stage.LOST and orders > 0  # who has bought comes back by buying
    back = step.stage in BEFORE and orders > 0
    if step.stage not in ALLOWED[now] or again or back:
        raise StageUnreachable(
            f"From {now} it does not go on to {step.stage}.",
            detail={"stage": now.value, "allowed": sorted(ALLOWED[now] & set(BY_HAND))},
        )


def how_far(stage: Stage, *, has_bought: bool) -> int:
    """Return what is greater the further it is with a customer: of several who are one it stands.

    Whoever deals with us is not lost, whatever one of the records said; whoever bought and left is
    further than who has not bought yet.
    """
    if stage is Stage.LOST:
        return 2 * _FORTH.index(Stage.QUALIFIED) + 1 if has_bought else -1
    return 2 * _FORTH.index(stage)


def after_interest(now: Stage, reason: StageReason, *, orders: int) -> Step | None:
    """Return where a lead or an opportunity leads; it takes nobody back."""
    to = Stage.PROSPECT if reason is StageReason.LEAD_MATCHED else Stage.QUALIFIED
    open_ = {Stage.SUSPECT, Stage.PROSPECT} - {to}
    from_here = now in open_ or (now is Stage.LOST and orders == 0)
    return Step(to, reason) if from_here else None


def after_orders(now: Dealings) -> Step | None:
    """Return where orders, their absence or their cancellation lead: one step at most."""
    if now.orders == 0:
        taken_back = now.stage is Stage.CUSTOMER
        return Step(Stage.QUALIFIED, StageReason.ORDER_CANCELLED) if taken_back else None
    if now.churned:
        lost = now.stage is not Stage.LOST
        return Step(Stage.LOST, StageReason.CHURNED) if lost else None
    if now.stage in BEFORE or (now.stage is Stage.LOST and now.orders == 1 and _anew(now)):
        return Step(Stage.CUSTOMER, StageReason.FIRST_ORDER)
    if now.stage is Stage.LOST:
        return _back(now)
    return _repeated(now)


def caught_up(now: Dealings) -> Step | None:
    """Return where orders lead that nobody counted when they came: one step, then look again."""
    step = after_orders(now)
    if step is None and now.stage is Stage.CUSTOMER and now.orders > 1 and not now.churned:
        return Step(Stage.REPEAT, StageReason.REPEAT_ORDER)
    return step


def _back(now: Dealings) -> Step | None:
    """Return where whoever was lost comes back to: by an order, or because he never was gone."""
    if _anew(now):
        return Step(Stage.WON_BACK, StageReason.ORDERED_AGAIN)
    if now.reason is not StageReason.CHURNED:
        return None
    bought = Stage.REPEAT if now.orders > 1 else Stage.CUSTOMER
    to = now.before_lost if now.before_lost in BOUGHT else bought
    return Step(to, StageReason.CHURN_ENDED)


def _repeated(now: Dealings) -> Step | None:
    if now.orders == 1:
        taken_back = now.stage is Stage.REPEAT
        return Step(Stage.CUSTOMER, StageReason.ORDER_CANCELLED) if taken_back else None
    goes_on = now.stage in {Stage.CUSTOMER, Stage.DECLINING, Stage.WON_BACK}
    if goes_on and now.ordered_on is not None:
        return Step(Stage.REPEAT, StageReason.REPEAT_ORDER)
    return None


def _anew(now: Dealings) -> bool:
    """Say whether an order came in after the customer was lost, or shows that he never was."""
    if now.ordered_on is None:
        return False
    return now.reason is StageReason.CHURNED or now.ordered_on >= now.since
