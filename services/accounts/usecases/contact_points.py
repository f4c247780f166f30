"""Keep the ways to reach somebody; the record itself says which one comes first (ADR 0017)."""

from collections.abc import Mapping
from dataclasses import asdict

from chassis import records
from chassis.merging import Based
from chassis.work import Work
from services.accounts.domain import validity
from services.accounts.domain.contact_points import (
    MAX_POINTS,
    Address,
    Medium,
    PointKind,
    PointOver,
    PrimaryStays,
    Told,
    TooManyPoints,
    written,
)
from services.accounts.domain.matching import EntryPoint, Policy, Profile
from services.accounts.reads import contact_points as reads
from services.accounts.reads import customers, matching
from services.accounts.tables import Contact, ContactPoint, Customer
from services.accounts.usecases import contacts
from services.accounts.usecases import customers as master

KIND = "contact_point"
COLUMNS = {Medium.MAIL: "email", Medium.PHONE: "phone"}


def add_contact_point(  # noqa: PLR0913  # whose, what, and on which terms
    work: Work,
    *,
    customer_id: str,
    contact_id: str | None,
    told: Told,
    primary: bool,
    on_match: Policy | None,
) -> reads.Shown:
    """Add a way to reach a customer or a contact; one that is known is not added again.

    :raises PointUnreadable: if it is not what its medium says.
    :raises TooManyPoints: if the party has more than anybody has.
    :raises DuplicateCustomer: if it tells that the customer is another one that is known.
    :raises OverrideNotAllowed: if the policy of changes does not leave ``on_match`` open.
    """
    policy = matching.decide(work, EntryPoint.UPDATE, on_match)
    party = reads.party_of(work, customer_id, contact_id)
    validity.check(told.valid_from, told.valid_until)
    customers.hold(work, [f"points:{party.id}"])
    point = _known(work, party, told) or _entered(work, party, told, policy)
    if primary:
        _put_first(work, party, point, policy)
    return reads.shown(point, reads.primaries(work, party))


def update_contact_point(
    work: Work, *, point_id: str, version: int, changes: Mapping[str, object]
) -> reads.Shown:
    """Change what it is for, what it is called, and from when until when it is valid.

    :raises StaleVersion: if it changed since.
    :raises PrimaryStays: if what comes first would not be valid any more.
    """
    point, party = _loaded(work, point_id, version)
    leading = reads.primaries(work, party)
    for name, value in changes.items():
        setattr(point, name, value)
    validity.check(point.valid_from, point.valid_until)
    if leading.get(point.medium) == point.id and not _is_valid(work, point):
        raise PrimaryStays("Another one has to come first before this one ends.")
    if work.session.is_modified(point):
        records.tell_changed(work, KIND, point, "updated")
        work.flush()
    return reads.shown(point, leading)


def make_primary(
    work: Work, *, point_id: str, version: int, on_match: Policy | None
) -> reads.Shown:
    """Let a way to reach somebody come first; the one that did is kept behind it.

    :raises StaleVersion: if it changed since.
    :raises PointOver: if it is not valid now.
    :raises DuplicateCustomer: if it tells that the customer is another one that is known.
    :raises OverrideNotAllowed: if the policy of changes does not leave ``on_match`` open.
    """
    policy = matching.decide(work, EntryPoint.UPDATE, on_match)
    point, party = _loaded(work, point_id, version)
    customers.hold(work, [f"points:{party.id}"])
    _put_first(work, party, point, policy)
    return reads.shown(point, reads.primaries(work, party))


def remove_contact_point(work: Work, *, point_id: str, version: int) -> None:
    """Take away a way to reach somebody.

    :raises StaleVersion: if it changed since.
    :raises PrimaryStays: if it comes first.
    """
    point, party = _loaded(work, point_id, version)
    if reads.primaries(work, party).get(point.medium) == point.id:
        raise PrimaryStays("Another one has to come first before this one goes.")
    records.tell_changed(work, KIND, point, "deleted")
    work.remove(point)


def _loaded(work: Work, point_id: str, version: int) -> tuple[ContactPoint, Customer | Contact]:
    point = work.get(ContactPoint, point_id, version=version)
    return point, reads.party_of(work, point.customer_id, point.contact_id)


def _known(work: Work, party: Customer | Contact, told: Told) -> ContactPoint | None:
    key = (told.medium, written(told, _country(work, party)).normal)
    alike = reads.of_party(work, *_whose(party))
    return next((one for one in alike if (one.medium, one.normal) == key), None)


def _entered(work: Work, party: Customer | Contact, told: Told, on_match: Policy) -> ContactPoint:
    customer_id, contact_id = _whose(party)
    if reads.count(work, customer_id, contact_id) >= MAX_POINTS:
        raise TooManyPoints("Nobody is reached in so many ways.", detail={"most": MAX_POINTS})
    form = written(told, _country(work, party))
    if isinstance(party, Customer) and on_match is Policy.BLOCK:
        _demand_nobody_else(work, party, told.medium, form.normal)
    point = work.add(
        ContactPoint(
            entity_id=party.entity_id,
            customer_id=customer_id,
            contact_id=contact_id,
            medium=told.medium,
            kind=told.kind,
            raw=form.raw,
            normal=form.normal,
            reversed=form.reversed,
            address=asdict(told.address) if told.address else None,
            label=told.label,
            valid_from=told.valid_from,
            valid_until=told.valid_until,
            is_primary=False,
        )
    )
    records.tell_changed(work, KIND, point, "created")
    work.flush()
    return point


def _demand_nobody_else(work: Work, customer: Customer, medium: Medium, normal: str) -> None:
    if medium is not Medium.ADDRESS:
        is_mail = medium is Medium.MAIL
        given = Profile(customer.name_key, normal if is_mail else None, None if is_mail else normal)
        master.demand_nobody_else(work, given, customer.id)


def _put_first(
    work: Work, party: Customer | Contact, point: ContactPoint, on_match: Policy
) -> None:
    if not _is_valid(work, point):
        raise PointOver("What is not valid now cannot come first.")
    if reads.primaries(work, party).get(point.medium) != point.id:
        _keep_former(work, party, point.medium)
        _name_in_record(work, party, point, on_match)
    for one in reads.of_party(work, *_whose(party)):
        if one.medium is point.medium:
            one.is_primary = one.id == point.id
    work.flush()


def _keep_former(work: Work, party: Customer | Contact, medium: Medium) -> None:
    """Write down what comes first so far, if only the record itself says it."""
    if medium in reads.primaries(work, party) or medium not in reads.known(party):
        return
    if medium in COLUMNS:
        value = getattr(party, COLUMNS[medium])
        told = Told(medium=medium, kind=PointKind.OTHER, value=value)
    elif isinstance(party, Customer):
        address = Address(**reads.address_of(party))  # type: ignore[arg-type]  # four texts
        told = Told(medium=medium, kind=PointKind.OTHER, address=address)
    else:
        return  # a contact's record has no address
    _entered(work, party, told, Policy.WARN)


def _name_in_record(
    work: Work, party: Customer | Contact, point: ContactPoint, on_match: Policy
) -> None:
    if isinstance(party, Contact):
        if point.medium in COLUMNS:
            contacts.update_contact(
                work, contact_id=party.id, based=Based(party.version),
                changes={COLUMNS[point.medium]: point.raw},
            )  # fmt: skip
        return
    if point.medium in COLUMNS:
        changes: dict[str, object] = {COLUMNS[point.medium]: point.raw}
    else:
        changes = {name: (point.address or {}).get(name) for name in reads.PLACE}
    master.update_customer(
        work, customer_id=party.id, based=Based(party.version), changes=changes, on_match=on_match
    )


def _is_valid(work: Work, point: ContactPoint) -> bool:
    begun = point.valid_from is None or point.valid_from <= work.now
    return begun and (point.valid_until is None or point.valid_until > work.now)


def _whose(party: Customer | Contact) -> tuple[str, str | None]:
    if isinstance(party, Customer):
        return party.id, None
    return party.customer_id, party.id


def _country(work: Work, party: Customer | Contact) -> str | None:
    if isinstance(party, Customer):
        return party.country
    return customers.by_id(work, party.customer_id).country
