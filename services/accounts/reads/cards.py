"""Accounts' part of the 360° view of one customer."""

from collections.abc import Callable, Sequence
from functools import partial

from chassis.errors import Forbidden, NotFound
from chassis.work import Work
from services.accounts.domain import interactions as touches
from services.accounts.reads import (
    assets,
    consents,
    contact_points,
    customers,
    drops,
    entities,
    flags,
    members,
    ndas,
    organisation,
    relationships,
    traits,
)
from services.accounts.tables import Customer, Interaction

LAST = 10  # interactions and owners shown on the card


def customer_card(work: Work, *, customer_id: str) -> dict[str, object]:
    """Return what accounts knows of a customer, each section with the instant it is true at.

    Accounts owns these records, so every section is as fresh as the question; but where the
    customer stands in the pyramid is true at the instant of the score. What has a list of its own is
    shown as far as the permission of that list reaches, and says so where it does not.

    :raises NotFound: if there is no such customer that the asker may see.
    """
    customer = work.get(Customer, customer_id)
    as_of, seen = work.now, partial(_seen, work, customer_id)
    return {
        "customer_id": customer_id,
        "service": work.service,
        "profile": {"as_of": as_of, "customer": customer},
        "contacts": {"as_of": as_of, **seen("contact.read", customers.contacts_of)},
        "contact_points": {"as_of": as_of, "items": contact_points.on_card(work, customer)},
        "relationships": {"as_of": as_of, **relationships.on_card(work, customer_id)},
        "organisation": {"as_of": as_of, **_organisation(seen)},
        "assets": {"as_of": as_of, "items": assets.on_card(work, customer_id)},
        "memberships": {"as_of": as_of, "items": members.on_card(work, customer_id)},
        "loyalty": {"as_of": as_of, **members.loyalty(work, customer)},
        "external_ids": {"as_of": as_of, "items": customer.external_ids},
        "ownership": {"as_of": as_of, **_whose(work, customer)},
        "interactions": {
            "as_of": as_of,
            **seen("interaction.read", _touches),
            **_freshness(work, customer_id),
        },
        "tier": {"as_of": customer.tier_as_of or as_of, **_tier(customer)},
        "consents": {"as_of": as_of, **seen("consent.read", consents.of_customer)},
        "flags": {
            "as_of": as_of,
            "codes": customer.flags,
            "items": flags.standing(work, customer_id),
            "credit": flags.credit_of(customer),
        },
        "confidentiality": {"as_of": as_of, "items": ndas.on_card(work, customer_id)},
        "traits": {
            "as_of": as_of,
            **seen("trait.read", traits.on_card),
            "behaviour": seen("trait.read", traits.behaviour_on_card)["items"],
        },
    }


def _organisation(seen: Callable[..., dict[str, object]]) -> dict[str, object]:
    return {
        "departments": seen("contact.read", organisation.departments_on_card)["items"],
        "meetings": seen("interaction.read", organisation.meetings_on_card)["items"],
    }


def _freshness(work: Work, customer_id: str) -> dict[str, object]:
    return {
        "last_at": customers.last_touch(work, customer_id),
        "behind": touches.behind(customers.lags_of(work, customer_id)),
    }


def _whose(work: Work, customer: Customer) -> dict[str, object]:
    return {
        "owner_id": customer.owner_id,
        "team_id": customer.team_id,
        "territory_id": customer.territory_id,
        "drop_warned_at": drops.warned_at(work, customer.id),
        "shared": entities.sharing(work, customer.id) is not None,
        "history": customers.ownership_history(work, customer_id=customer.id, limit=LAST).items,
    }


def _tier(customer: Customer) -> dict[str, object]:
    return {
        "tier": customer.tier,
        "rank": customer.tier_rank,
        "population": customer.tier_of,
        "period_start": customer.tier_period_start,
        "period_end": customer.tier_period_end,
        "score_id": customer.tier_score_id,
    }


def _touches(work: Work, customer_id: str) -> Sequence[Interaction]:
    return customers.timeline(work, customer_id=customer_id, limit=LAST).items


def _seen(
    work: Work, customer_id: str, permission: str, items: Callable[[Work, str], Sequence[object]]
) -> dict[str, object]:
    """Return what has a permission of its own, as far as that reaches; the scope stays as it was."""
    scope = work.scope
    try:
        work.require(permission)
        work.get(Customer, customer_id)
        return {"permitted": True, "items": items(work, customer_id)}
    except (Forbidden, NotFound):
        return {"permitted": False, "items": []}
    finally:
        work.scope = scope
