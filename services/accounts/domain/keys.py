"""Words put on a customer, and the keys that other systems know it by."""

from collections.abc import Iterable, Mapping, Sequence

from chassis.errors import Conflict, NotFound

MAX_TAGS = 50  # on one customer
MAX_FURTHER_IDS = 100  # of one customer, beside the first key in each system


class TooManyTags(Conflict):
    """Refuse more words than anybody reads."""

    code = "accounts.tag.too_many"


class TooManyKeys(Conflict):
    """Refuse more keys than a customer has."""

    code = "accounts.external_id.too_many"


class UnknownKey(NotFound):
    """Refuse to take away a key that the customer does not have."""

    code = "accounts.external_id.unknown"


def tagged(known: Iterable[str], add: Iterable[str], remove: Iterable[str]) -> list[str]:
    """Return the words on a customer after a change, in order.

    :raises TooManyTags: if there would be more than anybody reads.
    """
    left = sorted((set(known) | set(add)) - set(remove))
    if len(left) > MAX_TAGS:
        raise TooManyTags("Nobody reads so many tags.", detail={"most": MAX_TAGS})
    return left


def with_key(further: Mapping[str, Sequence[str]], system: str, key: str) -> dict[str, list[str]]:
    """Return the further keys with one more.

    :raises TooManyKeys: if there would be more than a customer has.
    """
    if sum(map(len, further.values())) >= MAX_FURTHER_IDS:
        raise TooManyKeys("No customer has so many keys.", detail={"most": MAX_FURTHER_IDS})
    mine = sorted({*further.get(system, ()), key})
    return {**_lists(further), system: mine}


def without_key(
    first: Mapping[str, str], further: Mapping[str, Sequence[str]], system: str, key: str
) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Return first and further keys without one; the next of its system takes the first's place.

    :raises UnknownKey: if the customer does not have it.
    """
    mine = [*_lists(further).get(system, [])]
    leads = first.get(system) == key
    if not leads and key not in mine:
        raise UnknownKey("The customer has no such key.", detail={"system": system})
    left = dict(first)
    if not leads:
        mine.remove(key)
    elif mine:
        left[system] = mine.pop(0)
    else:
        del left[system]
    rest = {name: keys for name, keys in _lists(further).items() if name != system}
    return left, {**rest, system: mine} if mine else rest


def _lists(further: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    return {name: list(keys) for name, keys in further.items()}
