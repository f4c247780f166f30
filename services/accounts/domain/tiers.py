"""Where a customer stands in the pyramid."""

from enum import StrEnum


class Tier(StrEnum):
    """A band of the pyramid, from the top."""

    VIP = "vip"
    MAJOR = "major"
    ORDINARY = "ordinary"
    SMALL = "small"
