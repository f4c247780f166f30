"""What becomes of a customer when the import that changed it is taken back."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

CODES = "accounts.import.revert_"
KEPT = timedelta(days=30)  # the images from before, and with them the way back
# Written together, so kept or restored together.
BLOCKS = (("name", "name_key"), ("phone", "phone_e164", "phone_reversed"))


class Undone(StrEnum):
    """What became of a row when its import was taken back."""

    REVERTED = "reverted"
    PARTLY = "partly"  # some fields were changed since, and stay
    KEPT = "kept"


def restored(
    now: Mapping[str, object], before: Mapping[str, object], after: Mapping[str, object]
) -> tuple[dict[str, object], list[str]]:
    """Return the fields that get their old value back, and those that somebody changed since."""
    since = {name for name in before if now[name] != after[name]}
    for block in BLOCKS:
        if since & set(block):
            since |= set(block) & before.keys()
    back = {name: value for name, value in before.items() if name not in since}
    return back, sorted(since)
