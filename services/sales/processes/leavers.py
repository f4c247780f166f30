"""Giving away the leads of somebody who hands over, two hundred at a time."""

from chassis.steps import Process, Step
from chassis.work import Work
from services.sales.usecases import leavers
from services.sales.usecases.leavers import TakeOver


def _begin(work: Work, *, state: TakeOver) -> TakeOver:
    del work
    return state


TAKE_OVER = Process(
    kind=leavers.PROCESS,
    state=TakeOver,
    steps=(Step("leads", leavers.take_leads),),
    key=lambda state: state.allocation_id,
    answer=lambda state: {"given": state.given},
    begin=_begin,
    is_passing=True,
)
