"""Who is to be called back, and who was faster."""

from sqlalchemy import ColumnElement, Text, cast, or_, select

from chassis.cursors import DEFAULT_PAGE
from chassis.ids import natural_id
from chassis.pages import Page, page
from chassis.work import Work
from services.telephony.domain.callbacks import CallbackReason, CallbackState
from services.telephony.domain.calls import ABANDONED, Direction
from services.telephony.reads.records import hold
from services.telephony.tables import Call, Callback, CallScreen


def number_key(entity_id: str, number: str) -> str:
    """Return what two open call-backs of one number would share."""
    return natural_id("callback", "number", entity_id, number)


def customer_key(entity_id: str, customer_id: str) -> str:
    """Return what two open call-backs of one customer would share."""
    return natural_id("callback", "customer", entity_id, customer_id)


def open_for(
    work: Work, entity_id: str, number: str | None, customer_id: str | None
) -> list[Callback]:
    """Return the open call-backs of a number or a customer; nobody else changes or adds one."""
    keys = []
    wanted: list[ColumnElement[bool]] = []
    if number is not None:
        keys.append(number_key(entity_id, number))
        wanted.append(Callback.open_number == keys[-1])
    if customer_id is not None:
        keys.append(customer_key(entity_id, customer_id))
        wanted.append(Callback.open_customer == keys[-1])
    if not keys:
        return []
    hold(work, keys)
    query = select(Callback).where(or_(*wanted)).order_by(Callback.requested_at, Callback.id)
    return list(work.session.scalars(query.with_for_update()))


def open_of_call(work: Work, call_id: str) -> Callback | None:
    """Return the open call-back that is owed to a call."""
    query = select(Callback).where(
        Callback.call_id == call_id, Callback.state == CallbackState.OPEN
    )
    return work.session.scalar(query.with_for_update())


def was_answered_since(work: Work, lost: Call) -> bool:
    """Say whether the same caller has called again since a lost call, and talked to somebody."""
    return _called_since(work, lost, Call.established_at.is_not(None))


def came_before(work: Work, callback: Callback, call: Call) -> bool:
    """Say whether a call-back was promised for what came before a call.

    Calls may be heard, and their customer known, in any order: what the PBX's clock says decides.
    Who asked did so by ours.
    """
    if callback.reason is CallbackReason.ASKED:
        return callback.requested_at < call.created_at
    return not _called_since(work, call, Call.outcome == ABANDONED)


def _called_since(work: Work, call: Call, what_came_of_it: ColumnElement[bool]) -> bool:
    pairs = ((Call.number, call.number), (Call.customer_id, call.customer_id))
    same = [column == value for column, value in pairs if value is not None]
    query = select(Call.id).where(
        or_(*same),
        Call.entity_id == call.entity_id,
        Call.direction == Direction.INBOUND,
        Call.started_at > call.started_at,
        what_came_of_it,
    )
    return work.session.scalar(query.limit(1)) is not None


def callbacks_due(
    work: Work, *, queue: str | None = None, after: str | None = None, limit: int = DEFAULT_PAGE
) -> Page[Callback]:
    """Return who is to be called back now, the longest due first: the work list."""
    query = select(Callback).where(
        *work.visible(Callback), Callback.state == CallbackState.OPEN, Callback.due <= work.now
    )
    if queue is not None:
        query = query.where(Callback.queue == queue)
    return page(work, query, [Callback.due, Callback.id], limit=limit, after=after)


def screens_naming(customer_id: str) -> ColumnElement[bool]:
    """Match the screens of calls that may have come from a customer."""
    return cast(CallScreen.matches, Text).contains(customer_id, autoescape=True)
