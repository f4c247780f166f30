"""Dealing out a batch: a process whose step is two hundred customers, taken until none is left."""

from dataclasses import dataclass

from chassis.steps import Process, Step
from chassis.work import Work
from services.accounts.tables import Allocation
from services.accounts.usecases import allocations


@dataclass
class AllocationState:
    """Which batch it is; how far it is stands in its items."""

    allocation_id: str


def _begin(work: Work, *, allocation_id: str) -> AllocationState:
    return AllocationState(work.get(Allocation, allocation_id).id)


def _deal(work: Work, state: AllocationState) -> bool:
    return allocations.take_items(work, work.get(Allocation, state.allocation_id))


def _finish(work: Work, state: AllocationState) -> None:
    allocations.finish(work, work.get(Allocation, state.allocation_id))


ALLOCATION = Process(
    kind=allocations.PROCESS,
    state=AllocationState,
    steps=(Step("deal", _deal), Step("finish", _finish)),
    key=lambda state: state.allocation_id,
    answer=lambda state: {"allocation_id": state.allocation_id, "status": "finished"},
    begin=_begin,
)
