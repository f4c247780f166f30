"""Which value of each field survives when customers turn out to be one, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chassis.errors import Conflict, Invalid
from services.accounts.domain.customers import FIELDS, Details, Lifecycle

MAX_LOSERS = 50
ADDRESS = "address"
BLOCK = ("country", "state", "city", "postal_code", "region")  # one address is never two halves
SINGLE = tuple(name for name in FIELDS if name not in {*BLOCK, "kind"})
CHOOSABLE = (*SINGLE, ADDRESS, "lifecycle")


class MergeStatus(StrEnum):
    """How far a merge is."""

    MERGING = "merging"  # records of accounts are re-pointed
    FOLLOWING = "following"  # one customer by now; the services follow
    COMPLETE = "complete"  # and every service has answered
    UNDOING = "undoing"
    UNFOLLOWING = "unfollowing"  # several customers again; the services follow
    UNDONE = "undone"


UNSETTLED = (
    MergeStatus.MERGING,
    MergeStatus.FOLLOWING,
    MergeStatus.UNDOING,
    MergeStatus.UNFOLLOWING,
)
WITH_THE_SERVICES = (MergeStatus.FOLLOWING, MergeStatus.UNFOLLOWING)


class Why(StrEnum):
    """Why a value survives."""

    CHOSEN = "chosen"  # by whoever merges
    WINNER = "winner"  # it is the winner's own
    ONLY = "only"  # nobody else has one
    TOLD = "told"  # the winner's, or the others', was only worked out
    NEWEST = "newest"  # of the records that have one it was changed last
    FULLEST = "fullest"  # the address with the most parts


class NotOneCustomer(Invalid):
    """Refuse to merge what cannot be one customer."""

    code = "accounts.merge.not_one"


class UnknownChoice(Invalid):
    """Refuse a choice that chooses nothing."""

    code = "accounts.merge.unknown_choice"


class MergeUnderWay(Conflict):
    """Refuse to merge or split a customer while another merge of it is not at its end."""

    code = "accounts.merge.under_way"


class MergedAlready(Conflict):
    """Refuse to merge a customer that is an old id of another."""

    code = "accounts.merge.merged_already"


class SnapshotErased(Conflict):
    """Refuse to undo a merge of which a data subject's words were erased."""

    code = "accounts.merge.snapshot_erased"


class LaterMergeStands(Conflict):
    """Refuse to undo a merge whose winner was merged into another since."""

    code = "accounts.merge.later_merge"


@dataclass(frozen=True, slots=True)
class Named:
    """A customer, in the version that the caller has seen."""

    id: str
    version: int


@dataclass(frozen=True, slots=True)
class Party:
    """A customer that takes part in a merge."""

    id: str
    details: Details
    lifecycle: Lifecycle
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Survivor:
    """What survives of a field: the value of one of the customers, and why that one."""

    field: str
    from_id: str
    why: Why
    values: Mapping[str, object]  # column -> value; an address has several


def check(winner: Party, losers: Sequence[Party], choices: Mapping[str, str]) -> None:
    """Demand that these may be one customer and that each choice chooses something.

    :raises NotOneCustomer: if they are of different kinds.
    :raises UnknownChoice: if a field is not one, or that customer has no value of it.
    """
    if any(one.details.kind is not winner.details.kind for one in losers):
        raise NotOneCustomer("A person and an organisation are not one customer.")
    parties = {one.id: one for one in (winner, *losers)}
    for field, id_ in choices.items():
        if field not in CHOOSABLE:
            raise UnknownChoice(
                f"A merge does not choose {field[:40]!r}.", detail={"fields": list(CHOOSABLE)}
            )
        if id_ not in parties or not _has(parties[id_], field):
            raise UnknownChoice(
                "The chosen customer is not part of the merge, or has nothing there.",
                detail={"field": field, "customer_id": id_},
            )


def survivors(
    winner: Party, losers: Sequence[Party], choices: Mapping[str, str]
) -> tuple[Survivor, ...]:
    """Say for each field which value stands: chosen, else the winner's, told before derived."""
    parties = (winner, *losers)
    found = [_survivor(field, parties, choices) for field in CHOOSABLE]
    return tuple(one for one in found if one is not None)


def merged_keys(winner: Party, losers: Sequence[Party]) -> dict[str, str]:
    """Unite the keys in other systems; where two have one in the same system, the winner's stays."""
    united: dict[str, str] = {}
    for one in sorted(losers, key=lambda one: (one.updated_at, one.id)):
        united |= one.details.external_ids
    return united | dict(winner.details.external_ids)


def derived_of(survivors: Sequence[Survivor], parties: Mapping[str, Party]) -> list[str]:
    """Return which surviving values were worked out."""
    return sorted(
        name
        for one in survivors
        for name in one.values
        if one.values[name] is not None and name in parties[one.from_id].details.derived
    )


def _survivor(field: str, parties: Sequence[Party], choices: Mapping[str, str]) -> Survivor | None:
    if field in choices:
        chosen = next(one for one in parties if one.id == choices[field])
        return Survivor(field, chosen.id, Why.CHOSEN, _values(chosen, field))
    having = [one for one in parties if _has(one, field)]
    if not having:
        return None
    best, why = _fullest(having) if field == ADDRESS else _best(field, parties[0], having)
    return Survivor(field, best.id, why, _values(best, field))


def _best(field: str, winner: Party, having: Sequence[Party]) -> tuple[Party, Why]:
    told = [one for one in having if field not in one.details.derived]
    pool = told or having
    if winner in pool:
        return winner, Why.WINNER
    newest = max(pool, key=lambda one: (one.updated_at, one.id))
    if len(having) == 1:
        return newest, Why.ONLY
    return newest, Why.TOLD if len(pool) < len(having) and len(pool) == 1 else Why.NEWEST


def _fullest(having: Sequence[Party]) -> tuple[Party, Why]:
    """Return whose address has the most parts; of equals the first, who is the winner if it is one."""
    most = max(_parts(one) for one in having)
    full = [one for one in having if _parts(one) == most]
    told = max(_told_parts(one) for one in full)
    best = next(one for one in full if _told_parts(one) == told)
    return best, Why.FULLEST if len(having) > 1 else Why.ONLY


def _parts(party: Party) -> int:
    return sum(value is not None for value in _values(party, ADDRESS).values())


def _told_parts(party: Party) -> int:
    found = _values(party, ADDRESS)
    return sum(
        value is not None and name not in party.details.derived for name, value in found.items()
    )


def _has(party: Party, field: str) -> bool:
    if field == "lifecycle":
        return party.lifecycle is not Lifecycle.POTENTIAL  # what everybody begins as
    return any(value is not None for value in _values(party, field).values())


def _values(party: Party, field: str) -> dict[str, object]:
    if field == "lifecycle":
        return {field: party.lifecycle}
    names = BLOCK if field == ADDRESS else (field,)
    return {name: getattr(party.details, name) for name in names}
