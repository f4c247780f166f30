"""What accounts tells: customers, contacts, staff, territories."""

from dataclasses import dataclass
from datetime import datetime

from contracts.base import Copied, event, personal


@event("accounts.customer.recorded.v1", subject="customer_id", of_record=True)
@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerRecorded:
    """A customer as it stands now; told in private with every change."""

    customer_id: str
    version: int
    kind: str  # person or organisation
    name: str = personal()
    email: str | None = personal(None)
    phone: str | None = personal(None)  # E.164
    language: str | None = None
    segment: str | None = None
    country: str | None = None
    region: str | None = None
    state: str | None = None
    city: str | None = None
    lifecycle: str = "potential"
    tier: str | None = None  # vip, major, ordinary or small, as analytics scored it last
    external_ids: dict[str, str] | None = None  # system -> the first key it has there
    tags: tuple[str, ...] = ()
    preferred_channel: str | None = None  # phone, mail, sms, message, letter, visit, web
    preferred_from: str | None = None  # HH:MM by the clock of the zone
    preferred_until: str | None = None  # half-open; before the beginning: after midnight
    preferred_zone: str | None = None  # IANA
    entity_id: str = "group"
    owner_id: str | None = None
    team_id: str | None = None
    territory_id: str | None = None
    custom: dict[str, object] | None = personal(None)  # values by the key of their field
    merged_into: str | None = None  # this id is an old one of that customer, and says no more
    stage: str | None = None  # suspect, prospect, qualified, customer, repeat, advocate, lost, …
    flags: tuple[str, ...] = ()  # codes, see contracts/flags.py
    credit_rating: str | None = None  # excellent, good, fair, poor
    credit_limit_minor: int | None = None
    credit_currency: str | None = None


@event("accounts.customer.created.v1", subject="customer_id", of_record=True)
@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerCreated:
    """A customer was entered; who it is stays with accounts."""

    customer_id: str
    version: int
    kind: str
    segment: str | None = None
    country: str | None = None
    region: str | None = None
    state: str | None = None
    source: str = "manual"  # manual, import, lead
    entity_id: str = "group"
    owner_id: str | None = None
    team_id: str | None = None
    territory_id: str | None = None


@event("accounts.customer.updated.v1", subject="customer_id", of_record=True)
@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerUpdated:
    """A customer's record changed; ``changed`` names the fields."""

    customer_id: str
    version: int
    kind: str
    segment: str | None = None
    country: str | None = None
    region: str | None = None
    state: str | None = None
    entity_id: str = "group"


@event("accounts.customer.owner_changed.v1", subject="customer_id", of_record=True)
@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerOwnerChanged:
    """A customer got another owner, or none."""

    customer_id: str
    version: int
    previous_owner_id: str | None
    owner_id: str | None
    team_id: str | None
    territory_id: str | None
    reason: str
    rule: str | None = None  # that decided it, if not a person
    pool_id: str | None = None  # the public pool that it came from or went to
    batch_id: str | None = None  # the allocation that it was part of


@event("accounts.customer.tier_changed.v1", subject="customer_id", of_record=True)
@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerTierChanged:
    """A customer stands elsewhere in the pyramid than before."""

    customer_id: str
    version: int
    previous_tier: str | None
    tier: str  # vip, major, ordinary, small
    rank: int
    population: int
    period_start: str
    period_end: str
    score_id: str  # of analytics: what it was concluded from


@event("accounts.consent.recorded.v1", subject="consent_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRecorded:
    """What a customer allows for one purpose on one channel, as it stands now."""

    consent_id: str  # follows from customer, purpose and channel
    version: int
    customer_id: str
    purpose: str  # marketing, service, research, profiling, sharing_with_partners, …
    channel: str  # mail, phone, sms, post, social, any
    granted: bool
    basis: str  # consent, contract, legitimate_interest, withdrawn, expired
    at: datetime
    evidence: str | None = None  # where it was said, such as form:<id>
    entity_id: str = "group"
    valid_until: datetime | None = None  # from then on it is a no, whether told or not
    confirmed_at: datetime | None = None  # when the customer followed the link (double opt-in)


@event("accounts.contact.recorded.v1", subject="contact_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRecorded:
    """A contact as it stands now; told in private."""

    contact_id: str
    customer_id: str
    version: int
    name: str = personal()
    email: str | None = personal(None)
    phone: str | None = personal(None)
    role: str | None = None
    buying_role: str | None = None  # decision_maker, evaluator, influencer, gatekeeper …
    level: str | None = None  # strategic, management, operational
    preferred_channel: str | None = None  # phone, mail, sms, message, letter, visit, web
    preferred_from: str | None = None  # HH:MM by the clock of the zone
    preferred_until: str | None = None  # half-open; before the beginning: after midnight
    preferred_zone: str | None = None  # IANA
    custom: dict[str, object] | None = personal(None)


@event("accounts.staff.recorded.v1", subject="staff_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class StaffRecorded:
    """A member of the staff as it stands now; told in private."""

    staff_id: str
    version: int
    name: str = personal()
    active: bool = True
    entity_id: str = "group"
    roles: tuple[str, ...] = ()
    team_id: str | None = None
    territory_ids: tuple[str, ...] = ()
    away: tuple[dict[str, str], ...] = ()  # starts_at, ends_at (half-open), substitute_id or ""


@event("accounts.territory.recorded.v1", subject="territory_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class TerritoryRecorded:
    """A territory of the tree as it stands now."""

    territory_id: str
    version: int
    name: str
    parent_id: str | None = None
    states: tuple[str, ...] = ()  # the states or provinces it covers
    entity_id: str = "group"


@event("accounts.customer.removed.v1", subject="customer_id", exchange="accounts.private")
@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerRemoved:
    """A customer who was entered by mistake is gone; told where copies are kept."""

    customer_id: str
    version: int
    entity_id: str = "group"


@event("accounts.record.changed.v1", subject="id")
@dataclass(frozen=True, slots=True, kw_only=True)
class RecordChanged:
    """A plain record was created, changed or deleted."""

    id: str
    kind: str
    version: int
    verb: str  # created, updated, deleted
    fields: dict[str, str]  # after-image, values as JSON text


@event("accounts.consent.asked.v1", subject="request_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentAsked:
    """A consent waits for its customer to follow a link; marketing sends it. Told in private."""

    request_id: str  # follows from customer, purpose and channel
    version: int
    customer_id: str
    purpose: str
    channel: str
    template: str  # key of marketing's template
    confirm_by: datetime
    token: str = personal()  # the random part of the link


@event("accounts.field.recorded.v1", subject="field_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRecorded:
    """A custom field as it stands now; labels stay with accounts, and values do so unless told."""

    field_id: str
    version: int
    kind: str  # of the records that have it: customer, contact
    key: str
    type: str  # text, number, money, date, instant, boolean, enum, multi_enum, tree, reference
    required: bool
    unique: bool
    personal: bool
    searchable: bool
    active: bool
    options: tuple[str, ...] = ()  # keys; in a tree with those they stand below: asia/japan
    refers_to: str | None = None
    entity_id: str = "group"


@event("accounts.customer.merged.v1", subject="merge_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerMerged:
    """Customers turned out to be one; their ids are old ids of the winner from now on."""

    merge_id: str
    task_id: str  # what whoever follows it answers for
    winner_id: str
    losers: tuple[str, ...]


@event("accounts.customer.unmerged.v1", subject="merge_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerUnmerged:
    """A merge was undone: the losers are customers of their own again, with what was theirs."""

    merge_id: str
    task_id: str
    winner_id: str
    losers: tuple[str, ...]


Customer = Copied(
    service="accounts",
    noun="customer",
    recorded=CustomerRecorded,
    snapshot="customers_changed_since",
    erased=CustomerRemoved,
    merged="merged_into",
)
Staff = Copied(
    service="accounts",
    noun="staff",
    recorded=StaffRecorded,
    snapshot="staff_changed_since",
)
Territory = Copied(
    service="accounts",
    noun="territory",
    recorded=TerritoryRecorded,
    snapshot="territories_changed_since",
)
Field = Copied(
    service="accounts",
    noun="field",
    recorded=FieldRecorded,
    snapshot="fields_changed_since",
)
Consent = Copied(
    service="accounts",
    noun="consent",
    recorded=ConsentRecorded,
    snapshot="consents_changed_since",
)
