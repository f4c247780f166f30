"""Keep what customers are found by in step with their names; for many rows at once."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import Table, bindparam, delete, update

from chassis.bulk import insert_many
from chassis.work import Work
from services.accounts.domain.names import name_key
from services.accounts.domain.search import terms
from services.accounts.reads import customers
from services.accounts.reads import search as reads
from services.accounts.reads.search import Named
from services.accounts.tables import Contact, Customer, SearchTerm

INDEX_DUE = "search.index_due"  # the timer of what was entered before there was an index
STEP = 200  # customers in one transaction
FOUND_BY = frozenset({"name", "email"})  # the columns that terms are made of


def index_new(work: Work, record: Customer | Contact) -> None:
    """Let a new record be found."""
    _insert(work, [_named(record)])


def index_changed(work: Work, record: Customer | Contact) -> None:
    """Let a record be found by what it is called now, and by nothing else."""
    named = _named(record)
    work.session.execute(
        delete(SearchTerm).where(
            SearchTerm.customer_id == named.customer_id, SearchTerm.record_id == named.id
        )
    )
    _insert(work, [named])


def reindex(work: Work, customer_ids: Collection[str]) -> None:
    """Let customers and their contacts be found by what is stored of them now, and nothing else.

    Whoever moves contacts from one customer to another, or erases what they are called, names
    all customers concerned here.
    """
    work.flush()
    forget(work, *customer_ids)
    _insert(work, [one for found in reads.named(work, customer_ids).values() for one in found])


def forget(work: Work, *customer_ids: str) -> None:
    """Let customers and their contacts not be found."""
    work.session.execute(delete(SearchTerm).where(SearchTerm.customer_id.in_(customer_ids)))


def index_more(work: Work, *, key: str, data: Mapping[str, str]) -> None:
    """Index the next customers that are older than the index, then set the timer for more.

    Their names are compared by another key than when they were entered, too.
    """
    ids = reads.next_customers(work, data.get("after"), STEP)
    if not ids:
        return
    customers.locked(work, ids)  # nobody may change a name between reading and writing it
    for kind, found in reads.named(work, ids).items():
        _rewrite_keys(work, kind, found)
    reindex(work, ids)
    work.at(work.now, INDEX_DUE, key, {"after": ids[-1]})


def rows(one: Named) -> list[dict[str, str]]:
    """Return the rows of the index that a record has."""
    return [
        {
            "customer_id": one.customer_id,
            "record_id": one.id,
            "term": term,
            "entity_id": one.entity_id,
        }
        for term in terms(one.name, one.email)
    ]


def _named(record: Customer | Contact) -> Named:
    customer_id = record.customer_id if isinstance(record, Contact) else record.id
    return Named(record.id, customer_id, record.entity_id, record.name, record.email)


def _insert(work: Work, found: Iterable[Named]) -> None:
    table: Any = SearchTerm.__table__
    insert_many(work.session, table, [row for one in found for row in rows(one)])


def _rewrite_keys(work: Work, kind: type[Customer | Contact], found: list[Named]) -> None:
    # A derived form, not a change of the record: no version, no audit, no event.
    table: Table = kind.__table__  # type: ignore[assignment]  # a mapped class has a table
    statement = update(table).where(table.c.id == bindparam("id_"))
    keys = [{"id_": one.id, "key": name_key(one.name)} for one in found]
    if keys:
        work.session.connection().execute(statement.values(name_key=bindparam("key")), keys)
