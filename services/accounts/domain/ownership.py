"""Whose a customer is, and why."""

from dataclasses import dataclass
from enum import StrEnum

TERRITORY_RULE = "territory.only_member"


class OwnershipReason(StrEnum):
    """Why a customer got another owner."""

    REGISTERED = "registered"  # whoever entered it, or was named at entry
    TERRITORY = "territory"  # by the rule of its territory
    ASSIGNED = "assigned"  # by somebody who may
    RELEASED = "released"  # it is nobody's now
    CLAIMED = "claimed"  # from a public pool
    DROPPED = "dropped"  # by a rule, because nothing happened
    ALLOCATED = "allocated"  # in a batch, by a rule
    HANDED_OVER = "handed_over"  # because its owner leaves
    MERGED = "merged"  # it had none, and a customer that it turned out to be had one
    UNMERGED = "unmerged"  # that one is a customer of its own again


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody who may own customers, with the team that comes with it."""

    staff_id: str
    team_id: str | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a customer belongs and, if a rule says so, whose it is."""

    territory_id: str | None = None
    owner: Owner | None = None


NOWHERE = Place()
