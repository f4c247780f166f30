"""Questions about the matrix: what a customer is offered and by which cell, and who is excluded."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from chassis.cursors import DEFAULT_PAGE
from chassis.ids import natural_id
from chassis.pages import Page, page
from chassis.work import Work
from services.accounts.domain import policies as rules
from services.accounts.domain.policies import BASELINE, Entry, Level, Offer, Place, WithheldReason
from services.accounts.tables import Customer, PolicyCell


def cell_id(entity_id: str, place: Place) -> str:
    """Return the id of the cell at a place."""
    return natural_id("policy_cell", entity_id, *(str(part or "any") for part in place.parts()))


def cell(work: Work, id_: str) -> PolicyCell | None:
    """Return a cell, or None."""
    return work.session.get(PolicyCell, id_)


def service_policy(work: Work, *, customer_id: str) -> dict[str, object]:
    """Say what a customer is offered, and which cell of the matrix says so.

    :raises NotFound: if there is no such customer that the asker may see.
    """
    customer = work.get(Customer, customer_id)
    importance, by_importance = rules.importance_of(customer.importance, customer.tier)
    scale, by_scale = rules.scale_of(customer.scale, customer.kind)
    place = Place(customer_class=customer.lifecycle, importance=importance, scale=scale)
    query = select(PolicyCell).where(PolicyCell.entity_id == customer.entity_id)
    cells = {place_of(one): one for one in work.session.scalars(query)}  # 6 x 4 x 4 at most
    found = rules.narrowest(cells, place)
    decides = cells[found] if found is not None else None
    entries = rules.offers(entries_of(decides) if decides is not None else ())
    return {
        "customer_id": customer_id,
        "customer_class": customer.lifecycle,
        "importance": importance,
        "importance_by": by_importance,
        "scale": scale,
        "scale_by": by_scale,
        "cell": decides,
        "offers": [
            {
                "offer": one.offer,
                "level": one.level,
                "reason": one.reason,
                "instead": one.instead,
                "baseline": one.offer in BASELINE,
            }
            for one in entries
        ],
        "as_of": work.now,
    }


def policy_exclusions(
    work: Work, *, after: str | None = None, limit: int = DEFAULT_PAGE
) -> Page[PolicyCell]:
    """Page through every cell that withholds something from somebody."""
    query = select(PolicyCell).where(PolicyCell.withholds, *work.visible(PolicyCell))
    return page(work, query, [PolicyCell.id], limit=limit, after=after)


def place_of(one: PolicyCell) -> Place:
    """Return where in the matrix a cell is."""
    return Place(
        customer_class=one.customer_class, importance=one.importance, scale=one.scale
    )  # fmt: skip


def entries_of(one: PolicyCell) -> list[Entry]:
    """Return what a cell says."""
    return [_entry(stored) for stored in one.entries]


def _entry(stored: Mapping[str, Any]) -> Entry:
    reason, instead = stored["reason"], stored["instead"]
    return Entry(
        offer=Offer(stored["offer"]),
        level=Level(stored["level"]),
        reason=WithheldReason(reason) if reason else None,
        instead=Offer(instead) if instead else None,
    )
