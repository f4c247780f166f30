"""Words put on a customer, and the keys that other systems know it by."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from chassis.errors import Conflict, NotFound
from services.accounts.domain.matching import Profile, is_same

# Why a customer is the one, beside what it has in common with a description.
FORMER = "former_customer"  # who was merged into it has that key, or has left room for it
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


@dataclass(slots=True)
class Joined:
    """What a customer's keys in other systems become with those that are told."""

    first: dict[str, str]
    further: dict[str, list[str]]
    new: dict[str, str]  # nobody led here by these yet
    of_former: dict[str, dict[str, str]] = field(default_factory=dict)  # old id -> its keys
    taken: list[str] = field(default_factory=list)  # systems with another key, and no room
    by_former: bool = False  # whoever was merged into it is why


def joined(known: Profile, given: Profile, former: Mapping[str, Profile]) -> Joined:
    """Join keys that are told to those of a customer; ``former`` are its old ids, as each was.

    A system that had several records of those who are one customer now has them still: who of them
    has no key there, the customer itself or an old id, still gets the one that is its own.
    """
    told = given.external_ids
    found = Joined(
        first={**told, **known.external_ids},
        further=_lists(known.further_ids),
        new={system: key for system, key in told.items() if not known.has_key(system, key)},
    )
    for system, key in told.items():
        if known.external_ids.get(system, key) == key:
            continue
        if known.has_key(system, key):
            found.by_former |= any(one.has_key(system, key) for one in former.values())
        elif not _placed(found, system, (known, given), former):
            found.taken.append(system)
    return found


def _placed(
    found: Joined, system: str, both: tuple[Profile, Profile], former: Mapping[str, Profile]
) -> bool:
    """Give a second key in a system to whom it belongs; say whether there is anybody."""
    known, given = both
    key, first = given.external_ids[system], known.external_ids[system]
    theirs = [id_ for id_, one in former.items() if one.has_key(system, first)]
    of = {one: id_ for id_, was in former.items() for one in _keys(was, system)}
    if theirs and all(one in of for one in _keys(known, system)):
        found.first[system], more, whose = key, first, theirs[0]  # its own comes first
    else:
        meant = [
            id_
            for id_, one in former.items()
            if not list(_keys(one, system)) and is_same(given, one)
        ]  # fmt: skip
        if not meant:
            return False
        more, whose = key, meant[0]
    found.further = with_key(found.further, system, more)
    found.of_former.setdefault(whose, {})[system] = more
    found.by_former = True
    return True


def _keys(one: Profile, system: str) -> Iterator[str]:
    if system in one.external_ids:
        yield one.external_ids[system]
    yield from one.further_ids.get(system, ())


def tagged(known: Iterable[str], add: Iterable[str], remove: Iterable[str]) -> list[str]:
    """Return the words on a customer after a change, in order.

    :raises TooManyTags: if there would be more than anybody reads.
    """
    left = sorted((set(known) | set(add)) - set(remove))
    if len(left) > MAX_TAGS:
        raise TooManyTags("Nobody reads so many tags.", detail={"most": MAX_TAGS})
    return left


def tagged_too(known: Iterable[str], more: Iterable[str]) -> list[str]:
    """Return the words on a customer with more of them, as far as anybody reads so many."""
    mine = set(known)
    fresh = sorted(set(more) - mine)
    return sorted([*mine, *fresh[: max(MAX_TAGS - len(mine), 0)]])


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


def led(
    first: Mapping[str, str], further: Mapping[str, Sequence[str]]
) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Let the next key of a system take the place of a first that is gone."""
    heads = {system: keys[0] for system, keys in further.items() if keys and system not in first}
    rest = {
        system: list(keys)[1:] if system in heads else list(keys)
        for system, keys in further.items()
    }  # fmt: skip
    return {**first, **heads}, {system: keys for system, keys in rest.items() if keys}


def _lists(further: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    return {name: list(keys) for name, keys in further.items()}
