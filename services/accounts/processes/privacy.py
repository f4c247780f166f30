"""An erasure, step by step: refuse, wait, wipe by chunks, delete, tell."""

from dataclasses import dataclass, field

from chassis.erasures import Progress, erase_next, wait
from chassis.moving import Key
from chassis.steps import Process, Step
from chassis.work import Work
from services.accounts.reads import privacy as reads
from services.accounts.reads.erasing import ERASING
from services.accounts.usecases import erasing


@dataclass
class ErasureState:
    """Which request it is, by whom it is followed, and how far that is."""

    request_id: str
    entity_id: str
    by: str
    ids: list[str]
    place: int = 0
    after: Key | None = None
    stage: int = 0
    counts: dict[str, int] = field(default_factory=dict)


def _begin(work: Work, *, request_id: str, version: int) -> ErasureState:
    request = erasing.check(work, request_id, version)
    ids = [request.customer_id, *reads.old_ids(work, request.customer_id)]
    return ErasureState(request.id, request.entity_id, work.actor, ids)


def _open(work: Work, state: ErasureState) -> None:
    erasing.enter_entity(work, state.entity_id)
    erasing.open_erasure(work, state.request_id, state.by)


def _wait(work: Work, state: ErasureState) -> None:
    wait(work, ERASING, state.ids)


def _files(work: Work, state: ErasureState) -> bool:
    return erasing.drop_files(work, state.ids, state.counts)


def _refusals(work: Work, state: ErasureState) -> bool:
    state.after = erasing.blank_refusals(work, state.ids, state.after, state.counts)
    return state.after is not None


def _rows(work: Work, state: ErasureState) -> bool:
    how_far = Progress(state.ids, state.place, state.after, state.stage, state.counts)
    more = erase_next(work, ERASING, how_far)
    state.place, state.after, state.stage = how_far.place, how_far.after, how_far.stage
    return more


def _close(work: Work, state: ErasureState) -> None:
    erasing.enter_entity(work, state.entity_id)
    erasing.close(work, state.request_id, state.counts)


ERASE = Process(
    kind="erase_customer",
    state=ErasureState,
    steps=(
        Step("open", _open), Step("wait", _wait), Step("files", _files), Step("refusals", _refusals), Step("rows", _rows),
        Step("close", _close),
    ),
    key=lambda state: state.request_id,
    answer=lambda state: {"request_id": state.request_id, "counts": state.counts},
    begin=_begin,
)  # fmt: skip
