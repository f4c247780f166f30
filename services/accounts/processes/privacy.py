"""What a data subject asks for, step by step: an erasure."""

from dataclasses import dataclass, field

from chassis import aliases
from chassis.erasures import Progress, erase_next, wait
from chassis.moving import Key
from chassis.steps import Process, Step
from chassis.work import Work
from services.accounts.domain.privacy import Whom
from services.accounts.reads import privacy as reads
from services.accounts.reads.erasing import ERASING
from services.accounts.usecases import erasing, erasing_contacts, strangers


@dataclass
class ErasureState:
    """Which request it is, by whom it is followed, and how far that is."""

    request_id: str
    entity_id: str
    by: str
    ids: list[str]  # of the customer
    place: int = 0
    after: Key | None = None
    stage: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    contact_id: str | None = None  # who is erased alone
    said: bool = False  # whether what the customer's records say of the contact was looked for

    @property
    def whom(self) -> Whom:
        """Return who is erased."""
        return Whom(self.ids, self.contact_id)


def _begin(work: Work, *, request_id: str, version: int) -> ErasureState:
    request = erasing.check(work, request_id, version)
    whom = reads.whom(work, request)
    return ErasureState(
        request.id, request.entity_id, work.actor, whom.customer_ids, contact_id=whom.contact_id
    )


def _open(work: Work, state: ErasureState) -> None:
    erasing.enter_entity(work, state.entity_id)
    state.ids = erasing.open_erasure(work, state.request_id, state.by).customer_ids


def _wait(work: Work, state: ErasureState) -> None:
    wait(work, ERASING, state.whom.ids)


def _files(work: Work, state: ErasureState) -> bool:
    says = erasing.teller(work, state.request_id, state.whom)
    return erasing.drop_files(work, state.whom, says, state.counts)


def _refusals(work: Work, state: ErasureState) -> bool:
    says = erasing.teller(work, state.request_id, state.whom)
    state.after = erasing.blank_refusals(work, state.whom, says, state.after, state.counts)
    return state.after is not None


def _strangers(work: Work, state: ErasureState) -> bool:
    state.after = strangers.forget_strangers(work, state.request_id, state.after, state.counts)
    return state.after is not None


def _rows(work: Work, state: ErasureState) -> bool:
    erasing.enter_entity(work, state.entity_id)
    if state.contact_id is not None and not state.said:
        return _said(work, state)
    how_far = Progress(state.whom.ids, state.place, state.after, state.stage, state.counts)
    if state.contact_id is not None:
        more = erasing_contacts.wipe_next(work, state.ids[0], how_far)
    else:
        more = erase_next(work, ERASING, how_far)
    state.place, state.after, state.stage = how_far.place, how_far.after, how_far.stage
    return more


def _said(work: Work, state: ErasureState) -> bool:
    now = aliases.now_called(work.session, state.ids[0])
    ids = [now, *(one for one in state.ids if one != now)]
    place = (state.place, state.after)
    more = erasing_contacts.wipe_said_next(work, state.request_id, ids, place, state.counts)
    state.said = more is None
    state.place, state.after = more or (0, None)
    return True


def _close(work: Work, state: ErasureState) -> None:
    erasing.enter_entity(work, state.entity_id)
    erasing.close(work, state.request_id, state.counts)


ERASE = Process(
    kind="erase_customer",
    state=ErasureState,
    steps=(
        Step("open", _open), Step("wait", _wait), Step("files", _files),
        Step("refusals", _refusals), Step("strangers", _strangers), Step("rows", _rows),
        Step("close", _close),
    ),
    key=lambda state: state.request_id,
    answer=lambda state: {"request_id": state.request_id, "counts": state.counts},
    begin=_begin,
)  # fmt: skip
