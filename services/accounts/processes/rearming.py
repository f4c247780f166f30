"""Have all owned customers looked at after a rule of dropping changed, a thousand at a time."""

from dataclasses import dataclass, field

from chassis.ids import new_id
from chassis.steps import Process, Step
from chassis.work import Work
from services.accounts.usecases import drops


@dataclass
class RearmState:
    """Of which entity, and how far it is."""

    entity_id: str
    after: str = ""
    key: str = field(default_factory=new_id)


def _rearm(work: Work, state: RearmState) -> bool:
    last = drops.rearm(work, state.entity_id, state.after)
    state.after = last or state.after
    return last is not None


def _begin(work: Work, *, entity_id: str) -> RearmState:
    del work
    return RearmState(entity_id)


REARM = Process(
    kind=drops.REARM,
    state=RearmState,
    steps=(Step("rearm", _rearm),),
    key=lambda state: state.key,
    answer=lambda _: None,
    begin=_begin,
    is_passing=True,
)
