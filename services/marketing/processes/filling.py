"""Holding every known customer against a segment's conditions, a few at a time."""

from dataclasses import dataclass

from chassis.steps import Process, Step
from chassis.work import Work
from services.marketing.reads import audience as reads
from services.marketing.reads import records
from services.marketing.tables import Segment
from services.marketing.usecases import audience
from services.marketing.usecases.segments import FILL

CHUNK = 100  # customers in one transaction: their facts wait meanwhile


@dataclass
class FillState:
    """How far a round is."""

    segment_id: str
    round: str
    after: str = ""


def _begin(_: Work, *, segment_id: str, round: str) -> FillState:  # the state's name
    return FillState(segment_id, round)


def _hold(work: Work, state: FillState) -> bool:
    segment = work.get(Segment, state.segment_id)
    if segment.filling != state.round:
        return False  # a later round takes care of everybody
    found = reads.customers_after(work, state.after, CHUNK)
    for customer_id, customer in found:
        audience.catch_up(work, customer_id, customer)
    if found:
        state.after, _ = found[-1]
    return len(found) == CHUNK


def _end(work: Work, state: FillState) -> None:
    segment = records.locked(work, Segment, state.segment_id)
    if segment is not None and segment.filling == state.round:
        segment.filling = None


FILL_SEGMENT = Process(
    kind=FILL,
    state=FillState,
    begin=_begin,
    key=lambda state: state.round,
    steps=(Step("hold", _hold), Step("end", _end)),
    answer=lambda state: {"segment_id": state.segment_id},
    is_passing=True,
)
