"""Who is on the other end of a call: as accounts says, or as a person corrects it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from chassis import aliases
from chassis.ownership import demand_sight
from chassis.work import Work
from services.telephony.domain.calls import CallState, Direction, Identity
from services.telephony.reads import calls as reads
from services.telephony.reads import records, telling
from services.telephony.tables import Call, CallScreen
from services.telephony.usecases import callbacks, endings, ownership, pops

IDENTIFY_CALL = "identify_call"  # the kind of the process


@dataclass(frozen=True, slots=True)
class Matched:
    """What accounts answered: the customers that it may be, likeliest first."""

    outcome: Identity
    matches: Sequence[Mapping[str, str]] = field(default=())  # id, number and name of each

    @property
    def customer_id(self) -> str | None:
        """Return who it is, where that is certain."""
        return self.matches[0]["id"] if self.outcome is Identity.ONE else None


def begin(work: Work, call: Call) -> None:
    """Have the other party of a call looked up as soon as there is a number; once.

    Whom somebody of ours calls is looked for in the entity that he works in: as soon as he is known.
    """
    is_nobodys = call.agent_id is None and call.state is not CallState.CLEARED
    if call.direction is Direction.OUTBOUND and is_nobodys:
        return
    if call.number is not None and call.identity is None:
        known = {"call_id": call.id, "number": call.number, "entity_id": call.entity_id}
        work.start(IDENTIFY_CALL, call.id, known)


def note_match(work: Work, call_id: str, matched: Matched) -> None:
    """Write down who it is, unless a person has said so meanwhile; whatever waited for it goes on."""
    call = records.call(work, call_id)
    assert call is not None, "a call is never deleted"
    if call.is_linked:
        return
    _show(work, call, list(matched.matches))
    _identify(work, call, matched.outcome, matched.customer_id)
    pops.tell_ready(work, call)
    endings.settle(work, call)
    pops.forget(work, call)


def note_card(
    work: Work,
    call_id: str,
    customer_id: str | None,
    card: Mapping[str, Mapping[str, str]],
    missing: Sequence[str],
) -> None:
    """Keep the customer's card for whoever's phone rings, and tell those whose phone does."""
    call = records.call(work, call_id)
    assert call is not None, "a call is never deleted"
    screen = reads.screen(work, call_id)
    if customer_id is None or screen is None or call.customer_id != customer_id:
        return  # nobody to show, told already, or somebody else by a person's word
    screen.card = {service: dict(sections) for service, sections in card.items()}
    screen.missing = list(missing)
    pops.tell_ready(work, call)
    pops.forget(work, call)


def link_call_customer(work: Work, *, call_id: str, version: int, customer_id: str) -> Call:
    """Say whose call it is; if its end was told already, it is told again for that customer.

    :raises NotFound: if telephony has not been told of this customer.
    :raises Forbidden: if the caller would not see the call any more.
    """
    call = work.get(Call, call_id, version=version)
    customer = ownership.known_customer(work, customer_id)
    call.is_linked = True
    if call.identity is not Identity.ONE or call.customer_id != customer.id:
        if call.told_end_at is None:
            _show(work, call, [{"id": customer.id, "name": customer.name or ""}])
        _identify(work, call, Identity.ONE, customer.id)
        pops.tell_ready(work, call)
        endings.settle(work, call)
    demand_sight(work, call)
    return call


def _identify(work: Work, call: Call, outcome: Identity, customer_id: str | None) -> None:
    previous = call.customer_id
    if customer_id is not None:
        customer_id = aliases.in_use(work.session, customer_id)
    call.identity, call.customer_id = outcome, customer_id
    ownership.follow_copy(work, call, customer_id)
    work.tell(telling.call_identified, call)
    if customer_id is not None and customer_id != previous:
        callbacks.know_customer(work, call)
        callbacks.settle_answered(work, call)
        if call.told_end_at is not None:
            work.tell(telling.call_corrected(previous), call)


def _show(work: Work, call: Call, matches: list[Mapping[str, str]]) -> None:
    screen = reads.screen(work, call.id)
    if screen is None:
        screen = CallScreen(call_id=call.id, matches=[], card=None, missing=[])
        work.session.add(screen)
    screen.matches = [dict(one) for one in matches]
    screen.card = None
    work.flush()
