"""What happened in a call, whose phones rang, and what is shown there."""

from sqlalchemy import select

from chassis.cursors import DEFAULT_PAGE
from chassis.pages import Page, page
from chassis.work import Work
from services.telephony.tables import Call, CallDelivery, CallEvent, CallScreen


def history(
    work: Work, *, call_id: str, after: str | None = None, limit: int = DEFAULT_PAGE
) -> Page[CallEvent]:
    """Return what happened in a call, in its order.

    :raises NotFound: if there is no such call that the asker may see.
    """
    work.get(Call, call_id)
    query = select(CallEvent).where(CallEvent.call_id == call_id)
    return page(work, query, [CallEvent.seq, CallEvent.call_id], limit=limit, after=after)


def delivery(work: Work, delivery_id: str) -> CallDelivery | None:
    """Return the ringing of a phone."""
    return work.session.get(CallDelivery, delivery_id)


def untold(work: Work, call_id: str) -> list[CallDelivery]:
    """Return the ringings of phones on which nothing has popped yet, oldest first."""
    query = select(CallDelivery).where(CallDelivery.call_id == call_id, ~CallDelivery.popped)
    return list(work.session.scalars(query.order_by(CallDelivery.delivered_at, CallDelivery.id)))


def screen(work: Work, call_id: str) -> CallScreen | None:
    """Return what a pop of this call shows, if that was fetched."""
    return work.session.get(CallScreen, call_id)
