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


@event("accounts.entity.recorded.v1", subject="entity_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class EntityRecorded:
    """An entity of the group as it stands now."""

    entity_id: str  # what records and tokens call it by
    version: int
    name: str
    active: bool


@event("accounts.customer.shared.v1", subject="customer_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerShared:
    """A customer may be looked at by the other entities of the group, or no longer."""

    customer_id: str
    entity_id: str  # whose customer it is
    shared: bool


@event("accounts.import.finished.v1", subject="import_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class ImportFinished:
    """An import came to its end."""

    import_id: str
    created: int
    updated: int
    unchanged: int
    refused: int
    dry_run: bool


@event("accounts.import.progressed.v1", subject="import_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class ImportProgressed:
    """An import has come further, or was stopped; at most once for some thousand rows."""

    import_id: str
    status: str  # running, stopped
    done_rows: int  # the header is one of them
    done_bytes: int
    total_bytes: int
    created: int
    updated: int
    unchanged: int
    refused: int


@event("accounts.import.reverted.v1", subject="import_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReverted:
    """An import was taken back, except what somebody relies on or has changed since."""

    import_id: str
    reverted: int  # rows whose customer is as before, or gone
    kept: int  # the others that had entered or changed a customer


@event("accounts.customer.removed.v1", subject="customer_id", exchange="accounts.private")
@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerRemoved:
    """A customer who was entered by mistake is gone; told where copies are kept."""

    customer_id: str
    version: int
    entity_id: str = "group"


@event("accounts.export.finished.v1", subject="export_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFinished:
    """A list left the house as a file; what it was narrowed by stays with accounts."""

    export_id: str
    kind: str  # customer, contact
    format: str  # data, excel, vcard
    columns: tuple[str, ...]
    rows: int
    size: int  # bytes
    sha256: str
    entity_id: str = "group"


@event("accounts.customer.drop_warned.v1", subject="customer_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerDropWarned:
    """A customer will be taken from its owner unless he does what the rule demands."""

    customer_id: str
    version: int
    owner_id: str | None
    team_id: str | None
    territory_id: str | None
    rule_id: str
    demand: str  # follow_up, opportunity, deal
    due: datetime
    entity_id: str = "group"


@event("accounts.allocation.finished.v1", subject="allocation_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationFinished:
    """A batch of customers was dealt out; each change of owner was told by itself."""

    allocation_id: str
    version: int
    method: str  # round_robin, weighted, territory, least_loaded
    total: int
    given: int
    refused: int
    entity_id: str = "group"


@event("accounts.staff.handed_over.v1", subject="allocation_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class StaffHandedOver:
    """All customers of somebody were handed over; what hangs on no customer is to follow."""

    allocation_id: str
    version: int
    staff_id: str
    recipient_ids: tuple[str, ...]  # empty: by territory, whoever is responsible
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


@event("accounts.relationship.recorded.v1", subject="relationship_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class RelationshipRecorded:
    """What one customer is to another, as it stands now; plans and background stay with accounts."""

    relationship_id: str
    version: int
    customer_id: str
    other_id: str
    relation: str  # what the other one is: parent, shareholder, partner, supplier, referrer …
    tier: str | None = None  # of a partner: strategic, preferred, registered
    manager_id: str | None = None
    share_bp: int | None = None  # basis points, 1 to 10,000
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    entity_id: str = "group"


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


@event("accounts.meeting.due.v1", subject="series_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingDue:
    """A regular meeting with a customer is due; it stands on the timeline, to be held."""

    series_id: str
    version: int
    customer_id: str
    due_at: datetime
    next_at: datetime
    level: str  # strategic, management, operational
    interaction_id: str
    contact_id: str | None = None
    host_id: str | None = None
    entity_id: str = "group"


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


@event("accounts.membership.recorded.v1", subject="membership_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipRecorded:
    """A customer's membership of the club as it stands now; the number stays with accounts."""

    membership_id: str
    version: int
    customer_id: str
    level: str
    joined_on: str
    left_on: str | None = None
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
