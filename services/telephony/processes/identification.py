"""Finding out who calls: accounts says who it is, then each department what it knows of that one."""

from collections.abc import Mapping
from dataclasses import dataclass

from chassis.caller import GROUP_ENTITY
from chassis.envelope import encode
from chassis.errors import Unavailable
from chassis.steps import Ask, AskAround, Process, Question
from chassis.work import Work
from services.telephony.domain.calls import Identity
from services.telephony.usecases import identification
from services.telephony.usecases.identification import IDENTIFY_CALL, Matched
from services.telephony.usecases.pops import CARD_SERVICES

# A department that takes longer is missing on the card: together with the question who it is, this
# stays below the patience of a pop (POP_PATIENCE), which would else show none of the others either.
CARD_SECONDS = 0.7


@dataclass
class IdentifyState:
    """What is known between the steps; the number is forgotten with the first answer."""

    call_id: str
    number: str = ""
    customer_id: str | None = None
    entity_id: str = GROUP_ENTITY  # whose customer it is looked for among


def _begin(_: Work, *, call_id: str, number: str) -> IdentifyState:
    return IdentifyState(call_id, number)


def _party(state: IdentifyState) -> dict[str, object]:
    return {"phone": state.number, "entity_id": state.entity_id}


def _note_match(work: Work, state: IdentifyState, answer: object) -> None:
    matched = _matched(answer)
    identification.note_match(work, state.call_id, matched)
    state.number, state.customer_id = "", matched.customer_id


def _matched(answer: object) -> Matched:
    """Read the answer of accounts.

    :raises Unavailable: if it cannot be read: the other side may be newer than we are.
    """
    match answer:
        case {"outcome": str(outcome), "customers": list(found)} if outcome in list(Identity):
            matches = [
                {
                    "id": str(one.get("customer_id", "")),
                    "number": str(one.get("number", "")),
                    "name": str(one.get("name", "")),
                }
                for one in found
                if isinstance(one, Mapping)
            ]
            if bool(matches) is (outcome != Identity.NONE):
                return Matched(Identity(outcome), matches)
    raise Unavailable("The answer of accounts cannot be read.", code="telephony.accounts.answer")


def _questions(state: IdentifyState) -> list[Question]:
    if state.customer_id is None:
        return []
    whom = {"customer_id": state.customer_id}
    return [Question(service, "customer_card", whom) for service in CARD_SERVICES]


def _note_card(work: Work, state: IdentifyState, answers: Mapping[str, object]) -> None:
    card = {
        service: {
            name: encode(section).decode()
            for name, section in answer.items()
            if isinstance(section, Mapping)
        }
        for service, answer in answers.items()
        if isinstance(answer, Mapping)
    }
    missing = [service for service in CARD_SERVICES if service not in card]
    identification.note_card(work, state.call_id, state.customer_id, card, missing)


IDENTIFY = Process(
    kind=IDENTIFY_CALL,
    state=IdentifyState,
    begin=_begin,
    key=lambda state: state.call_id,
    steps=(
        Ask("identify", "accounts", "identify", _party, _note_match),
        AskAround("card", _questions, _note_card, CARD_SECONDS),
    ),
    answer=lambda state: {"call_id": state.call_id, "customer_id": state.customer_id},
    is_passing=True,
)
