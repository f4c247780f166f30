"""The rules of public pools: who may do what there, how often, and what stands against it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from chassis.errors import Conflict, Forbidden, NotFound
from services.accounts.domain.customers import Lifecycle

MAX_NAME = 120
MAX_ZONE = 64
MAX_PEOPLE = 500  # members, teams or admins of a pool
MAX_CONDITIONS = 200  # territories or segments that a pool takes
MAX_DAILY_CLAIMS = 10_000
MAX_CLAIMS_AT_ONCE = 100
MAX_DAYS = 3_650
MAX_CAP = 1_000_000
# What a pool may show of a customer before it is claimed; all else stays hidden.
SHOWABLE = (
    "number", "kind", "name", "segment", "country", "state", "city", "region", "language",
    "lifecycle", "tier", "customer_since", "email", "phone",
)  # fmt: skip


class Right(StrEnum):
    """What may be done in a pool."""

    LIST = "list"
    CLAIM = "claim"
    DISTRIBUTE = "distribute"


class Holder(StrEnum):
    """Who holds a right in a pool; what members hold its admins hold too."""

    NOBODY = "nobody"
    ADMINS = "admins"
    MEMBERS = "members"


class CapKind(StrEnum):
    """What is capped: how many customers somebody owns, or how many he keeps from being dropped."""

    OWN = "own"
    LOCK = "lock"


class OverCap(StrEnum):
    """Why a manager gives somebody more customers than he may own."""

    ABSENCE = "absence"  # he stands in for somebody
    TERRITORY = "territory"  # nobody else is responsible there
    KEY_CUSTOMER = "key_customer"
    TRANSITION = "transition"  # until there is somebody else
    OTHER = "other"


class ReleaseReason(StrEnum):
    """Why somebody gives a customer up."""

    NO_NEED = "no_need"
    NO_BUDGET = "no_budget"
    UNREACHABLE = "unreachable"
    NOT_MINE = "not_mine"
    COMPETITOR = "competitor"
    OTHER = "other"


class RightMissing(Forbidden):
    """Refuse what somebody may not do in this pool."""

    code = "accounts.pool.right_missing"


class PoolUnknown(NotFound):
    """Refuse the name of a pool that is not there, or not in use."""

    code = "accounts.pool.not_found"


class NotInPool(NotFound):
    """Refuse a customer that is not in this pool."""

    code = "accounts.pool.no_such_customer"


class AlreadyClaimed(Conflict):
    """Tell the loser of a race that somebody else has the customer now."""

    code = "accounts.customer.already_claimed"


class QuotaSpent(Conflict):
    """Refuse a claim beyond what a member may claim in a day."""

    code = "accounts.claim.quota_spent"


class CoolingOff(Conflict):
    """Refuse a customer to whoever lost it a short while ago."""

    code = "accounts.claim.cooling_off"


class OwnerCapReached(Conflict):
    """Refuse more customers than somebody may own."""

    code = "accounts.owner.cap_reached"


class LockCapReached(Conflict):
    """Refuse more locks than somebody may have."""

    code = "accounts.lock.cap_reached"


class NobodysCustomer(Conflict):
    """Refuse what only makes sense for a customer that has an owner."""

    code = "accounts.customer.unowned"


class NotYourCustomer(Forbidden):
    """Refuse what only the owner decides."""

    code = "accounts.customer.not_yours"


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolTerms:
    """What a pool is: its people, what they see and may do, and which customers it takes."""

    name: str
    active: bool = True
    zone: str = "UTC"  # of the business day that claims are counted by
    member_ids: tuple[str, ...] = ()
    team_ids: tuple[str, ...] = ()  # whose people are members
    admin_ids: tuple[str, ...] = ()
    rights: Mapping[str, str]  # Right -> Holder
    shown_fields: tuple[str, ...] = ()
    daily_claims: int | None = None  # per member; None: as many as they like
    cooling_days: int = 0  # until a previous owner may claim what he has lost
    is_explicit: bool = False  # takes only what is put in; else also what meets the conditions
    territory_ids: tuple[str, ...] = ()  # empty: any
    segments: tuple[str, ...] = ()
    lifecycles: tuple[Lifecycle, ...] = ()


@dataclass(frozen=True, slots=True)
class Cap:
    """How much of something somebody may have, and for whom it is set."""

    most: int
    staff_ids: Collection[str]
    team_ids: Collection[str]


def may(holder: str, *, is_member: bool, is_admin: bool) -> bool:
    """Say whether a right is held by somebody."""
    match Holder(holder):
        case Holder.MEMBERS:
            return is_member or is_admin
        case Holder.ADMINS:
            return is_admin
    return False


def day_of(instant: datetime, zone: str) -> str:
    """Return the business day of an instant in a zone."""
    return instant.astimezone(ZoneInfo(zone)).date().isoformat()


def cooled_since(now: datetime, days: int) -> datetime:
    """Return the instant before which a loss is forgotten."""
    return now - timedelta(days=days)


def cap_for(caps: Collection[Cap], staff_id: str, team_id: str | None) -> int | None:
    """Return the cap that holds for somebody, or None.

    What names the person goes before what names the team, and that before what is set for
    everybody; of two of the same kind the smaller one holds.
    """
    personal = [cap.most for cap in caps if staff_id in cap.staff_ids]
    of_team = [cap.most for cap in caps if team_id is not None and team_id in cap.team_ids]
    general = [cap.most for cap in caps if not cap.staff_ids and not cap.team_ids]
    return min(personal or of_team or general, default=None)
