"""Looking at every customer anew when thresholds change or somebody asks, a few at a time."""

from dataclasses import dataclass

from chassis.steps import Process, Step
from chassis.work import Work
from services.accounts.reads import classes as reads
from services.accounts.reads import customers
from services.accounts.usecases import classes

CHUNK = 200  # customers in one transaction: facts about them wait meanwhile


@dataclass
class RoundState:
    """How far a round is."""

    entity_id: str
    round: str
    after: str = ""
    counts_orders: bool = False  # also those that only timelines know
    order: str = ""


def _begin(_: Work, *, entity_id: str, round: str) -> RoundState:  # the state's name
    return RoundState(entity_id, round)


def _orders(work: Work, state: RoundState) -> bool:
    if not state.counts_orders:
        return False
    last = classes.count_orders(work, state.entity_id, state.order, CHUNK)
    state.order = last or state.order
    return last is not None


def _look(work: Work, state: RoundState) -> bool:
    ids = reads.ids_after(work, state.entity_id, state.after, CHUNK)
    for customer in customers.locked(work, ids).values():
        classes.look_again(work, customer)
    state.after = ids[-1] if ids else state.after
    return len(ids) == CHUNK


RECLASSIFY = Process(
    kind=classes.RECLASSIFY,
    state=RoundState,
    begin=_begin,
    key=lambda state: state.round,
    steps=(Step("orders", _orders), Step("look", _look)),
    answer=lambda state: {"entity_id": state.entity_id},
    is_passing=True,
)
