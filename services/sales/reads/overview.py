"""What the whole department looks like, and what it knows of one customer."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from chassis.clock import isoformat
from chassis.errors import Forbidden
from chassis.tables import OwnedRecord
from chassis.work import Work
from services.sales.domain.leads import StatusType
from services.sales.domain.opportunities import StageType
from services.sales.domain.orders import OrderStatus
from services.sales.reads.records import stages
from services.sales.tables import CustomerRef, Lead, Opportunity, Order, Quote

LATEST = 10  # how many records a section of the card shows


def funnel(work: Work) -> dict[str, object]:
    """Count the visible leads by what their status means, and the opportunities by stage."""
    by_stage = _by_stage(work)
    work.require("lead.read")  # whoever may read opportunities may
    found = work.session.execute(
        select(Lead.status_type, func.count()).where(*work.visible(Lead)).group_by(Lead.status_type)
    )
    counted: dict[StatusType, int] = dict(iter(found))
    return {
        "leads": [{"type": type_.value, "count": counted.get(type_, 0)} for type_ in StatusType],
        "opportunities": [
            {
                "stage": stage.key,
                "label": stage.label,
                "type": stage.type.value,
                "count": sum(count for count, _ in by_stage.get(stage.key, {}).values()),
                "amounts": {
                    currency: amount
                    for currency, (_, amount) in sorted(by_stage.get(stage.key, {}).items())
                },
            }
            for stage in stages(work, work.caller.entity_id)
        ],
        "as_of": isoformat(work.now),
    }


def _by_stage(work: Work) -> dict[str, dict[str, tuple[int, int]]]:
    query = (
        select(
            Opportunity.stage,
            Opportunity.currency,
            func.count(),
            func.sum(Opportunity.amount_minor),
        )
        .where(*work.visible(Opportunity))
        .group_by(Opportunity.stage, Opportunity.currency)
    )
    found: dict[str, dict[str, tuple[int, int]]] = {}
    for stage, currency, count, amount in work.session.execute(query):
        found.setdefault(stage, {})[currency] = (count, int(amount))
    return found


def customer_card(work: Work, *, customer_id: str) -> dict[str, object]:
    """Show what sales knows of a customer, section by section, each with its freshness.

    A section that the caller has no permission for says so instead of failing the card.
    """
    known = work.session.get(CustomerRef, customer_id)
    return {
        "customer_id": customer_id,
        "copy": {"known": known is not None, "version": known.version if known else None},
        "leads": _section(work, "lead.read", lambda: _leads(work, customer_id)),
        "opportunities": _section(
            work, "opportunity.read", lambda: _opportunities(work, customer_id)
        ),
        "quotes": _section(work, "quote.read", lambda: _quotes(work, customer_id)),
        "orders": _section(work, "order.read", lambda: _orders(work, customer_id)),
        "as_of": isoformat(work.now),
    }


def _section(
    work: Work, permission: str, build: Callable[[], Mapping[str, object]]
) -> Mapping[str, object]:
    try:
        work.require(permission)
    except Forbidden:
        return {"permitted": False}
    return {"permitted": True, **build()}


def _latest(work: Work, kind: type[Any], customer_id: str, *conditions: Any) -> list[Any]:
    query = select(kind).where(kind.customer_id == customer_id, *work.visible(kind), *conditions)
    return list(
        work.session.scalars(query.order_by(kind.created_at.desc(), kind.id.desc()).limit(LATEST))
    )


def _freshness(work: Work, kind: type[OwnedRecord], customer_id: str) -> str | None:
    """Say when a section last changed: what came in after that is not in it."""
    query = select(func.max(kind.updated_at)).where(
        kind.__table__.c.customer_id == customer_id, *work.visible(kind)
    )
    newest: datetime | None = work.session.scalar(query)
    return None if newest is None else isoformat(newest)


def _leads(work: Work, customer_id: str) -> dict[str, object]:
    items = [
        {
            "lead_id": lead.id,
            "status": lead.status,
            "type": lead.status_type.value,
            "source": lead.source,
            "captured_at": isoformat(lead.captured_at),
        }
        for lead in _latest(work, Lead, customer_id)
    ]
    return {"items": items, "as_of": _freshness(work, Lead, customer_id)}


def _opportunities(work: Work, customer_id: str) -> dict[str, object]:
    is_open = Opportunity.stage_type == StageType.OPEN
    return {
        "open": [_opportunity(one) for one in _latest(work, Opportunity, customer_id, is_open)],
        "closed": [_opportunity(one) for one in _latest(work, Opportunity, customer_id, ~is_open)],
        "as_of": _freshness(work, Opportunity, customer_id),
    }


def _opportunity(one: Opportunity) -> dict[str, object]:
    return {
        "opportunity_id": one.id,
        "stage": one.stage,
        "win_chance": one.win_chance,
        "amount_minor": one.amount_minor,
        "currency": one.currency,
        "expected_close_on": one.expected_close_on and one.expected_close_on.isoformat(),
        "closed_at": one.closed_at and isoformat(one.closed_at),
        "lost_reason": one.lost_reason and one.lost_reason.value,
    }


def _quotes(work: Work, customer_id: str) -> dict[str, object]:
    items = [
        {
            "quote_id": quote.id,
            "status": quote.status.value,
            "total_minor": quote.total_minor,
            "currency": quote.currency,
            "valid_until": isoformat(quote.valid_until),
        }
        for quote in _latest(work, Quote, customer_id)
    ]
    return {"items": items, "as_of": _freshness(work, Quote, customer_id)}


def _orders(work: Work, customer_id: str) -> dict[str, object]:
    mine = (Order.customer_id == customer_id, *work.visible(Order))
    last = select(Order).where(*mine).order_by(Order.ordered_on.desc(), Order.id.desc())
    sums = (
        select(Order.currency, func.count(), func.sum(Order.total_minor))
        .where(*mine, Order.status != OrderStatus.CANCELLED)
        .group_by(Order.currency)
    )
    return {
        "last": [
            {
                "order_id": order.id,
                "external_system": order.external_system,
                "external_id": order.external_id,
                "ordered_on": order.ordered_on.isoformat(),
                "status": order.status.value,
                "total_minor": order.total_minor,
                "currency": order.currency,
            }
            for order in work.session.scalars(last.limit(LATEST))
        ],
        "sums": [
            {"currency": currency, "orders": count, "amount_minor": int(amount)}
            for currency, count, amount in work.session.execute(sums)
        ],
        "as_of": _freshness(work, Order, customer_id),
    }
