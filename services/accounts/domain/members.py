"""Members of the customer club."""

import re
from dataclasses import dataclass

from chassis.errors import Conflict, Invalid
from services.accounts.domain.validity import ValidityEndsFirst

MAX_NUMBER, MAX_LEVEL = 40, 40
PREFIX = "M"
_OURS = re.compile(r"M[0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Joining:
    """What is told of somebody who joins."""

    number: str | None = None  # the next one, unless told
    level: str
    joined_on: str  # ISO date


class NumberReserved(Invalid):
    """Refuse a number of the series that the house gives out itself."""

    code = "accounts.member.number_reserved"


class NumberTaken(Conflict):
    """Refuse a number that another member has or had."""

    code = "accounts.member.number_taken"


class MemberAlready(Conflict):
    """Refuse to let somebody join who is a member."""

    code = "accounts.member.already"


def check_number(number: str) -> None:
    """Demand a number that the house would not give out itself.

    :raises NumberReserved: if it would.
    """
    if _OURS.fullmatch(number):
        raise NumberReserved("Numbers of this form are given out by the house.")


def check_period(joined_on: str, left_on: str | None) -> None:
    """Demand that somebody leaves after he joined.

    :raises ValidityEndsFirst: if not.
    """
    if left_on is not None and left_on < joined_on:
        raise ValidityEndsFirst("A member leaves after he joined.")
