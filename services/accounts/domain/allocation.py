"""Who gets the next customer of a batch: fair within one, also across batches and absences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction

from chassis.errors import Conflict, Invalid
from services.accounts.domain.customers import Lifecycle

MAX_BATCH = 10_000
MAX_RECIPIENTS = 200
MAX_WEIGHT = 1_000
MAX_ROTATION = 80


class Method(StrEnum):
    """By which rule a batch is dealt out."""

    ROUND_ROBIN = "round_robin"
    WEIGHTED = "weighted"
    TERRITORY = "territory"  # round robin among the people of the customer's territory
    LEAST_LOADED = "least_loaded"


class WhenAbsent(StrEnum):
    """What becomes of the turn of somebody who is away."""

    SKIP = "skip"
    SUBSTITUTE = "substitute"


class Verdict(StrEnum):
    """What became of one customer of a batch."""

    PENDING = "pending"
    GIVEN = "given"
    REFUSED = "refused"


class NoRecipients(Invalid):
    """Refuse a batch for nobody."""

    code = "accounts.allocation.no_recipients"


class TooMany(Invalid):
    """Refuse more customers than a batch takes."""

    code = "accounts.allocation.too_many"


class NothingSelected(Invalid):
    """Refuse a batch that does not say which customers."""

    code = "accounts.allocation.nothing_selected"


class NobodyThere(Conflict):
    """Refuse one customer of a batch for whom everybody is away, or nobody is responsible."""

    code = "accounts.allocation.nobody_there"


class OwnerChanged(Conflict):
    """Refuse one customer of a batch that somebody else got or gave meanwhile."""

    code = "accounts.allocation.owner_changed"


class OwnedAlready(Conflict):
    """Refuse one customer of a batch that is somebody's and was not meant to be taken from him."""

    code = "accounts.allocation.owned"


class NotAHandOver(Conflict):
    """Refuse what only a hand-over has."""

    code = "accounts.allocation.not_a_hand_over"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who gets a share of a batch."""

    staff_id: str
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Dealing:
    """By which rule, among whom, and in which rotation; a rotation remembers whose turn it is."""

    method: Method
    recipients: tuple[Recipient, ...]
    rotation: str
    absent: WhenAbsent = WhenAbsent.SKIP


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which customers a batch is about: these, or those that meet all that is said."""

    customer_ids: tuple[str, ...] = ()
    pool_id: str | None = None
    segment: str | None = None
    state: str | None = None
    territory_id: str | None = None
    lifecycle: Lifecycle | None = None
    takes_owned: bool = False  # also from their owners

    @property
    def is_empty(self) -> bool:
        """Say whether it says nothing, which would mean everybody."""
        said = (self.pool_id, self.segment, self.state, self.territory_id, self.lifecycle)
        return not self.customer_ids and not any(said)


@dataclass(frozen=True, slots=True)
class Turn:
    """What somebody is owed in a rotation: ``credit`` of ``of`` parts of a customer."""

    staff_id: str
    weight: int = 1
    credit: int = 0
    of: int = 0  # the sum of the weights that the credit was reckoned with; 0: none yet


def deal(turns: Sequence[Turn]) -> tuple[str, tuple[Turn, ...]]:
    """Give a customer to whoever is owed it soonest; return that one and all turns afterwards.

    Each is credited with his share. Of those who are owed something the one gets it whose share
    is first a whole customer behind: so nobody is ever one or more ahead or behind, whatever the
    weights. Who is away is not credited meanwhile, and is not flooded when he is back.

    :raises ValueError: if there is nobody.
    """
    total = sum(turn.weight for turn in turns)
    owed = [_credited(turn, total) for turn in turns]
    due = [turn for turn in owed if turn.credit > 0] or owed
    chosen = min(due, key=lambda turn: (Fraction(total - turn.credit, turn.weight), turn.staff_id))
    paid = replace(chosen, credit=chosen.credit - total)
    return chosen.staff_id, tuple(paid if turn is chosen else turn for turn in owed)


def _credited(turn: Turn, total: int) -> Turn:
    """Credit a share; where others are there than the last time, in parts of the new sum."""
    known = turn.credit if turn.of in {0, total} else round(Fraction(turn.credit * total, turn.of))
    return replace(turn, credit=known + turn.weight, of=total)


def least_loaded(turns: Sequence[Turn], loads: Mapping[str, int]) -> str:
    """Return whoever has fewest customers for his weight.

    :raises ValueError: if there is nobody.
    """
    return min(
        turns, key=lambda turn: (Fraction(loads.get(turn.staff_id, 0), turn.weight), turn.staff_id)
    ).staff_id
