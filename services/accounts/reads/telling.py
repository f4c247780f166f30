"""How a record is told to other services: its after-image as an event."""

from collections.abc import Callable

from chassis.audit import plain
from chassis.envelope import encode
from chassis.tables import Record
from contracts import accounts as told
from contracts import party
from services.accounts.tables import (
    Consent,
    ConsentRequest,
    Contact,
    Customer,
    Entity,
    Member,
    MergedCustomer,
    Relationship,
    Staff,
    Territory,
)

BOOKKEEPING = frozenset({"id", "version", "event_seq"})
CONFIRMATION = "consent_confirmation"  # the key of marketing's template


def customer_recorded(customer: Customer) -> told.CustomerRecorded:
    """Return a customer as it stands now."""
    return told.CustomerRecorded(
        customer_id=customer.id,
        version=customer.version,
        kind=customer.kind,
        name=customer.name,
        email=customer.email,
        phone=customer.phone_e164,
        language=customer.language,
        segment=customer.segment,
        country=customer.country,
        region=customer.region,
        state=customer.state,
        city=customer.city,
        lifecycle=customer.lifecycle,
        tier=customer.tier,
        external_ids=customer.external_ids,
        tags=tuple(customer.tags or ()),
        preferred_channel=customer.preferred_channel,
        preferred_from=customer.preferred_from,
        preferred_until=customer.preferred_until,
        preferred_zone=customer.preferred_zone,
        entity_id=customer.entity_id,
        owner_id=customer.owner_id,
        team_id=customer.team_id,
        territory_id=customer.territory_id,
        custom=customer.custom,
        stage=customer.stage,
        flags=tuple(customer.flags),
        credit_rating=customer.credit_rating,
        credit_limit_minor=customer.credit_limit_minor,
        credit_currency=customer.credit_currency,
    )


def old_id_recorded(old: MergedCustomer) -> told.CustomerRecorded:
    """Return an old id: what it means now, and by which keys it is still looked for."""
    return told.CustomerRecorded(
        customer_id=old.id,
        version=old.customer_version + old.version,
        kind=old.kind,
        name="",
        external_ids=old.external_ids,
        entity_id=old.entity_id,
        merged_into=old.now_id,
    )


def customer_created(customer: Customer, source: str) -> told.CustomerCreated:
    """Tell that a customer was entered."""
    return told.CustomerCreated(
        customer_id=customer.id,
        version=customer.version,
        kind=customer.kind,
        segment=customer.segment,
        country=customer.country,
        region=customer.region,
        state=customer.state,
        source=source,
        entity_id=customer.entity_id,
        owner_id=customer.owner_id,
        team_id=customer.team_id,
        territory_id=customer.territory_id,
    )


def customer_updated(customer: Customer) -> told.CustomerUpdated:
    """Tell that a customer's description changed."""
    return told.CustomerUpdated(
        customer_id=customer.id,
        version=customer.version,
        kind=customer.kind,
        segment=customer.segment,
        country=customer.country,
        region=customer.region,
        state=customer.state,
        entity_id=customer.entity_id,
    )


def consent_recorded(consent: Consent) -> told.ConsentRecorded:
    """Return what a customer allows as it stands now."""
    return told.ConsentRecorded(
        consent_id=consent.id,
        version=consent.version,
        customer_id=consent.customer_id,
        purpose=consent.purpose,
        channel=consent.channel,
        granted=consent.granted,
        basis=consent.basis,
        at=consent.at,
        evidence=consent.evidence,
        entity_id=consent.entity_id,
        valid_until=consent.valid_until,
        confirmed_at=consent.confirmed_at,
    )


def consent_asked(token: str) -> Callable[[ConsentRequest], told.ConsentAsked]:
    """Tell that a consent waits for its customer, with the token that nobody stores."""

    def asked(request: ConsentRequest) -> told.ConsentAsked:
        return told.ConsentAsked(
            request_id=request.id,
            version=request.version,
            customer_id=request.customer_id,
            purpose=request.purpose,
            channel=request.channel,
            template=CONFIRMATION,
            confirm_by=request.confirm_by,
            token=token,
        )

    return asked


def contact_recorded(contact: Contact) -> told.ContactRecorded:
    """Return a contact as it stands now."""
    return told.ContactRecorded(
        contact_id=contact.id,
        customer_id=contact.customer_id,
        version=contact.version,
        name=contact.name,
        email=contact.email,
        phone=contact.phone_e164,
        role=contact.role,
        buying_role=contact.buying_role,
        level=contact.level,
        preferred_channel=contact.preferred_channel,
        preferred_from=contact.preferred_from,
        preferred_until=contact.preferred_until,
        preferred_zone=contact.preferred_zone,
        custom=contact.custom,
    )


def membership_recorded(one: Member) -> party.MembershipRecorded:
    """Return a customer's membership as it stands now."""
    return party.MembershipRecorded(
        membership_id=one.id,
        version=one.version,
        customer_id=one.customer_id,
        level=one.level,
        joined_on=one.joined_on,
        left_on=one.left_on,
        entity_id=one.entity_id,
    )


def relationship_recorded(
    one: Relationship, gave_way: str | None = None, merge_id: str | None = None
) -> party.RelationshipRecorded:
    """Return what one customer is to another as it stands now, or by which merge it gave way."""
    return party.RelationshipRecorded(
        relationship_id=one.id,
        version=one.version,
        customer_id=one.customer_id,
        other_id=one.other_id,
        relation=one.relation,
        tier=one.tier,
        manager_id=one.manager_id,
        share_bp=one.share_bp,
        valid_from=one.valid_from,
        valid_until=one.valid_until,
        entity_id=one.entity_id,
        gave_way=gave_way,
        merge_id=merge_id,
    )


def staff_recorded(staff: Staff) -> told.StaffRecorded:
    """Return a member of the staff as it stands now."""
    return told.StaffRecorded(
        staff_id=staff.id,
        version=staff.version,
        name=staff.name,
        active=staff.active,
        entity_id=staff.entity_id,
        roles=tuple(staff.roles),
        team_id=staff.team_id,
        territory_ids=tuple(staff.territory_ids),
        away=tuple(staff.away),
    )


def entity_recorded(entity: Entity) -> party.EntityRecorded:
    """Return an entity of the group as it stands now."""
    return party.EntityRecorded(
        entity_id=entity.id, version=entity.version, name=entity.name, active=entity.active
    )


def territory_recorded(territory: Territory) -> told.TerritoryRecorded:
    """Return a territory as it stands now."""
    return told.TerritoryRecorded(
        territory_id=territory.id,
        version=territory.version,
        name=territory.name,
        parent_id=territory.parent_id,
        states=tuple(territory.states),
        entity_id=territory.entity_id,
    )


def record_changed(kind: str, verb: str | None = None) -> Callable[[Record], told.RecordChanged]:
    """Tell that a record of the house's own rules is as it is now."""

    def changed(record: Record) -> told.RecordChanged:
        image = {
            column.key: encode(plain(getattr(record, column.key))).decode()
            for column in record.__table__.columns
            if column.key not in BOOKKEEPING
        }
        done = verb or ("created" if record.version == 1 else "updated")
        return told.RecordChanged(
            id=record.id, kind=kind, version=record.version, verb=done, fields=image
        )

    return changed
