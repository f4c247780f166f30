"""Telephony's part of the 360° view of one customer."""

from collections.abc import Callable

from sqlalchemy import select

from chassis.errors import Forbidden
from chassis.work import Work
from services.telephony.domain.callbacks import CallbackState
from services.telephony.tables import Call, Callback

LATEST = 10  # how many records a section of the card shows


def customer_card(work: Work, *, customer_id: str) -> dict[str, object]:
    """Show what telephony knows of a customer, section by section, each with its freshness.

    Telephony owns these records, so every section is as fresh as the question. A section that the
    caller has no permission for says so instead of failing the card.
    """
    return {
        "customer_id": customer_id,
        "service": work.service,
        "calls": _section(work, "call.read", lambda: {"items": _calls(work, customer_id)}),
        "callbacks": _section(work, "callback.read", lambda: _callbacks(work, customer_id)),
    }


def _section(
    work: Work, permission: str, build: Callable[[], dict[str, object]]
) -> dict[str, object]:
    try:
        work.require(permission)
    except Forbidden:
        return {"permitted": False, "as_of": work.now, "items": []}
    return {"permitted": True, "as_of": work.now, **build()}


def _calls(work: Work, customer_id: str) -> list[Call]:
    query = select(Call).where(Call.customer_id == customer_id, *work.visible(Call))
    latest = query.order_by(Call.started_at.desc(), Call.id.desc()).limit(LATEST)
    return list(work.session.scalars(latest))


def _callbacks(work: Work, customer_id: str) -> dict[str, object]:
    ours = select(Callback).where(Callback.customer_id == customer_id, *work.visible(Callback))
    is_open = Callback.state == CallbackState.OPEN
    waiting = ours.where(is_open).order_by(Callback.due, Callback.id)
    closed = ours.where(~is_open).order_by(Callback.closed_at.desc(), Callback.id.desc())
    return {
        "items": list(work.session.scalars(waiting.limit(LATEST))),
        "closed": list(work.session.scalars(closed.limit(LATEST))),
    }
