"""From when until when something is true: half-open, either end may be open."""

from datetime import datetime

from chassis.errors import Invalid


class ValidityEndsFirst(Invalid):
    """Refuse what ends before it begins."""

    code = "accounts.validity.ends_first"


def check(valid_from: datetime | None, valid_until: datetime | None) -> None:
    """Demand that something ends after it begins.

    :raises ValidityEndsFirst: if it does not.
    """
    if valid_from is not None and valid_until is not None and valid_from >= valid_until:
        raise ValidityEndsFirst("What is valid ends after it begins.")


def overlap(
    one: tuple[datetime | None, datetime | None], other: tuple[datetime | None, datetime | None]
) -> bool:
    """Say whether two stretches have an instant in common."""
    starts_first = one[0] is None or other[1] is None or one[0] < other[1]
    return starts_first and (other[0] is None or one[1] is None or other[0] < one[1])
