"""The four ways to look at all customers."""

from enum import StrEnum

from chassis.errors import Invalid
from services.accounts.domain.relationships import ROLES, SEEN_FROM_THERE, Relation


class View(StrEnum):
    """By what customers are put together."""

    PRODUCT = "product"  # what they have of ours: the sku
    CHANNEL = "channel"  # how they like to be turned to
    RELATIONSHIP = "relationship"  # what they are to another customer: supplier, client
    VALUE = "value"  # where they stand in the pyramid


class UnknownGroup(Invalid):
    """Refuse a group that a view does not have."""

    code = "accounts.view.unknown_group"


def relations_of(role: str) -> tuple[list[Relation], list[Relation]]:
    """Return in which relationships the other one has a role, and in which the customer.

    :raises UnknownGroup: if nobody ever has it.
    """
    if role not in ROLES:
        raise UnknownGroup("There is no such role.", detail={"roles": list(ROLES)})
    told = [relation for relation in Relation if relation.value == role]
    seen = [relation for relation, name in SEEN_FROM_THERE.items() if name == role]
    return told, seen
