"""Search customers by what people remember of them: parts of names, digits, a mail address."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Row, Select, and_, exists, not_, or_, select, tuple_
from sqlalchemy.orm import aliased

from chassis.cursors import DEFAULT_PAGE, read_cursor, write_cursor
from chassis.errors import Invalid
from chassis.pages import page
from chassis.visibility import may_see
from chassis.work import Work
from services.accounts.domain.search import LAST, digits, wanted
from services.accounts.reads.customers import standing
from services.accounts.tables import Contact, Customer, SearchTerm

# Entries of the index that one page looks at, at most: of "company" there are a million, and
# somebody who may see ten customers is not to read them all in one go.
MAX_SCANNED = 10_000
_LAST_DIGITS = "9" * 40
REACH = "customer.reach"  # permission: how somebody is reached
Entries: TypeAlias = Select[str, str, str]  # term, customer, whose name it is


class NothingToSearch(Invalid):
    """Refuse words in which there is nothing to search for."""

    code = "accounts.search.nothing"


@dataclass(frozen=True, slots=True)
class Named:
    """What a record is found by, and where that leads to."""

    id: str
    customer_id: str
    entity_id: str
    name: str
    email: str | None


@dataclass(frozen=True, slots=True)
class Hit:
    """A customer that was searched for, and why it is among the found."""

    customer_id: str
    number: str
    kind: str
    name: str
    owner_id: str | None
    contact_id: str | None  # whose name, mail address or phone it was
    reason: str


def search_customers(
    work: Work, *, text: str, after: str | None = None, limit: int = DEFAULT_PAGE
) -> dict[str, object]:
    """Page through the customers that the asker may see and that all the words lead to.

    A page may be short and still have a next one: no page looks at more than MAX_SCANNED names.
    Phone numbers and mail addresses lead to a customer only whoever may see them: by their beginnings
    they could be guessed one character after the other.

    :raises NothingToSearch: if there is no letter and no digit in the text.
    :raises Invalid: if the cursor is not one of this list.
    """
    number = digits(text)
    if number is not None:
        return _by_digits(work, number, after, limit)
    pieces = wanted(text)
    if not pieces:
        raise NothingToSearch("There is no letter and no digit to search for.")
    window = _window(work, pieces[0], after)
    found = list(work.session.execute(_seen(work, window, pieces).limit(limit + 1)))
    items = [_hit(row, pieces) for row in found[:limit]]
    return {"items": items, "next": _next(work, window, found, limit)}


def _reaches(work: Work) -> bool:
    return may_see(work.caller, REACH)


def _begins(work: Work, term: Any, piece: str) -> ColumnElement[bool]:
    found = and_(term >= piece, term < piece + LAST)
    return found if _reaches(work) else and_(found, not_(term.contains("@")))


def _window(work: Work, piece: str, after: str | None) -> Entries:
    """Select the next index entries that begin with a piece, at most MAX_SCANNED."""
    keys = (SearchTerm.term, SearchTerm.customer_id, SearchTerm.record_id)
    query = select(*keys).where(
        SearchTerm.entity_id == work.caller.entity_id, _begins(work, SearchTerm.term, piece)
    )
    if after is not None:
        query = query.where(tuple_(*keys) > tuple_(*read_cursor(after, [str, str, str])))
    return query.order_by(*keys).limit(MAX_SCANNED)


def _seen(work: Work, window: Entries, pieces: list[str]) -> Select[Any]:
    """Select those of a window that the asker may see, each customer at its first entry only."""
    entry = window.subquery("entry").c
    earlier = aliased(SearchTerm)
    is_repeated = exists().where(
        earlier.customer_id == entry.customer_id,
        _begins(work, earlier.term, pieces[0]),
        or_(
            earlier.term < entry.term,
            and_(earlier.term == entry.term, earlier.record_id < entry.record_id),
        ),
    )
    query = select(entry.term, entry.record_id, Customer).join(
        Customer, Customer.id == entry.customer_id
    )
    query = query.where(standing(work), *work.visible(Customer), not_(is_repeated))
    for piece in pieces[1:]:
        other = aliased(SearchTerm)
        query = query.where(
            exists().where(
                other.customer_id == entry.customer_id,
                other.entity_id == work.caller.entity_id,
                _begins(work, other.term, piece),
            )
        )
    return query.order_by(entry.term, entry.customer_id, entry.record_id)


def _hit(row: Row[Any], pieces: list[str]) -> Hit:
    contact_id = None if row.record_id == row.Customer.id else row.record_id
    what = "email" if "@" in row.term and "@" in "".join(pieces) else "name"
    return _of(row.Customer, contact_id, f"contact_{what}" if contact_id else what)


def _of(one: Customer, contact_id: str | None, reason: str) -> Hit:
    return Hit(one.id, one.number, one.kind.value, one.name, one.owner_id, contact_id, reason)


def _next(work: Work, window: Entries, found: list[Row[Any]], limit: int) -> str | None:
    if len(found) > limit:
        last = found[limit - 1]
        return write_cursor([last.term, last.Customer.id, last.record_id])
    # Nothing more in this window; if it is full, there may be more behind it.
    end = work.session.execute(window.offset(MAX_SCANNED - 1).limit(1)).one_or_none()
    return None if end is None else write_cursor(list(end))


def _by_digits(work: Work, number: str, after: str | None, limit: int) -> dict[str, object]:
    """Find by customer number, by the end of a phone number, or by digits in a name."""
    here, end = work.caller.entity_id, number[::-1]
    by_phone = (
        select(Customer.id).where(Customer.entity_id == here, _ends(Customer, end)),
        select(Contact.customer_id).where(
            Contact.entity_id == here, _ends(Contact, end), *work.visible(Contact)
        ),
    )
    ids = (
        select(Customer.id)
        .where(Customer.entity_id == here, Customer.number == number)
        .union(
            *(by_phone if _reaches(work) else ()),
            select(SearchTerm.customer_id).where(
                SearchTerm.entity_id == here, _begins(work, SearchTerm.term, number)
            ),
        )
    )
    query = select(Customer).where(standing(work), Customer.id.in_(ids), *work.visible(Customer))
    found = page(work, query, [Customer.id], limit=limit, after=after)
    if not _reaches(work):
        reasons = [(one, "number" if one.number == number else "name") for one in found.items]
        return {"items": [_of(one, None, why) for one, why in reasons], "next": found.next}
    callers = _whose_phone(work, end, [one.id for one in found.items])
    items = [_digits_hit(one, number, callers.get(one.id)) for one in found.items]
    return {"items": items, "next": found.next}


def _ends(kind: type[Customer | Contact], end: str) -> ColumnElement[bool]:
    return kind.phone_reversed.between(end, end + _LAST_DIGITS)


def _whose_phone(work: Work, end: str, customer_ids: Collection[str]) -> dict[str, str]:
    query = select(Contact.customer_id, Contact.id).where(
        Contact.customer_id.in_(customer_ids), _ends(Contact, end), *work.visible(Contact)
    )
    return {row.customer_id: row.id for row in work.session.execute(query)}


def _digits_hit(one: Customer, number: str, contact_id: str | None) -> Hit:
    if one.number == number:
        return _of(one, None, "number")
    if (one.phone_reversed or "").startswith(number[::-1]):
        return _of(one, None, "phone")
    return _of(one, contact_id, "contact_phone" if contact_id else "name")


def named(work: Work, customer_ids: Collection[str]) -> dict[type[Customer | Contact], list[Named]]:
    """Return what customers and their contacts are called."""
    customers = select(
        Customer.id, Customer.id, Customer.entity_id, Customer.name, Customer.email
    ).where(Customer.id.in_(customer_ids))
    contacts = select(
        Contact.id, Contact.customer_id, Contact.entity_id, Contact.name, Contact.email
    ).where(Contact.customer_id.in_(customer_ids))
    return {
        Customer: [Named(*row) for row in work.session.execute(customers)],
        Contact: [Named(*row) for row in work.session.execute(contacts)],
    }


def next_customers(work: Work, after: str | None, limit: int) -> list[str]:
    """Return the ids of the next customers of all entities."""
    query = select(Customer.id).order_by(Customer.id).limit(limit)
    if after is not None:
        query = query.where(Customer.id > after)
    return list(work.session.scalars(query))
