"""Looking at every customer anew when the thresholds of classes change, a few at a time."""

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


def _begin(_: Work, *, entity_id: str, round: str) -> RoundState:  # the state's name
    return RoundState(entity_id, round)


def _look(work: Work, state: RoundState) -> bool:
    ids = reads.ids_after(work, state.entity_id, state.after, CHUNK)
    for customer in customers.locked(work, ids).values():
        classes.reconsider(work, customer)
    state.after = ids[-1] if ids else state.after
    return len(ids) == CHUNK


RECLASSIFY = Process(
    kind=classes.RECLASSIFY,
    state=RoundState,
    begin=_begin,
    key=lambda state: state.round,
    steps=(Step("look", _look),),
    answer=lambda state: {"entity_id": state.entity_id},
    is_passing=True,
)
