"""What belongs to customers in accounts, found by its foreign keys, and what a merge does with it."""

from sqlalchemy import Column, func, select

from chassis.images import table_of
from chassis.moving import Kind, count
from chassis.tables import MOVED, Base
from chassis.work import Work
from services.accounts.reads import telling
from services.accounts.tables import Consent, Contact, Customer

MOVED_OVER, UNITED = "moved over", "united"
# Every foreign key to customers, and what a merge does with it: the test demands that each new one
# is decided here. What nobody has decided moves over, and where a unique key stands in the way, is
# kept aside for whoever undoes the merge.
DECIDED = {
    "consents.customer_id": UNITED,  # of two statements on one thing the later one stands
    "contacts.customer_id": MOVED_OVER,  # the same person twice stays twice: calls name them
    "external_ids.customer_id": MOVED_OVER,  # two keys in one system both lead to the winner
    "interactions.customer_id": MOVED_OVER,
    "ownerships.customer_id": MOVED_OVER,
}
CONSENTS = "consents"


def foreign_keys() -> list[tuple[type[Base], Column[object]]]:
    """Return every mapped column that refers to a customer."""
    customers = table_of(Customer)
    found = [
        (mapper.class_, column)
        for mapper in Base.registry.mappers
        for column in table_of(mapper.class_).columns
        if any(key.column.table is customers for key in column.foreign_keys)
    ]
    return sorted(found, key=lambda one: name_of(one[1]))


def name_of(column: Column[object]) -> str:
    """Return table and column as they are decided by."""
    return f"{column.table}.{column.key}"


def moving() -> tuple[Kind, ...]:
    """Return the kinds of record that a merge re-points."""
    return tuple(
        _kind(table, column)
        for table, column in foreign_keys()
        if DECIDED.get(name_of(column)) != UNITED
    )


def returning() -> tuple[Kind, ...]:
    """Return the kinds of record that come back when a merge is undone."""
    consents = Kind(CONSENTS, Consent, aside=True, after=_tell_consent)
    return (*moving(), consents)


def counts(work: Work, customer_id: str) -> dict[str, int]:
    """Count what belongs to a customer, by kind."""
    kinds = [_kind(table, column) for table, column in foreign_keys()]
    return {one.name: count(work, one, customer_id) for one in kinds}


def moved(work: Work, task_id: str) -> dict[str, int]:
    """Count what a merge has re-pointed or kept aside, by kind."""
    query = select(MOVED.c.kind, func.count().label("number")).where(MOVED.c.task_id == task_id)
    return {row.kind: row.number for row in work.session.execute(query.group_by(MOVED.c.kind))}


def _kind(table: type[Base], column: Column[object]) -> Kind:
    name = str(column.table)
    if column.key != "customer_id":
        name = f"{name}.{column.key}"
    after = _tell_contact if table is Contact else None
    return Kind(name[:40], table, column.key, aside=True, after=after)


def _tell_contact(work: Work, contact: Contact, _: str | None) -> None:
    work.tell(telling.contact_recorded, contact)


def _tell_consent(work: Work, consent: Consent, _: str | None) -> None:
    work.tell(telling.consent_recorded, consent)
