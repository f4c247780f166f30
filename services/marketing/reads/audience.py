"""What is known of customers, and how it looks to a condition."""

import time
from collections.abc import Iterator
from datetime import date

from sqlalchemy import exists, func, select, union

from chassis import aliases
from chassis.caller import GROUP_ENTITY
from chassis.tables import ALIASES
from chassis.work import Work
from services.marketing.domain.segments import Portrait
from services.marketing.tables import CustomerRef, OrderSeen, Profile, ProfileTag

BATCH = 500


def customer(work: Work, customer_id: str) -> CustomerRef | None:
    """Return a customer as accounts told it last."""
    now = aliases.now_called(work.session, customer_id)
    query = select(CustomerRef).where(CustomerRef.id == now, ~CustomerRef.erased)
    return work.session.scalar(query)


def is_removed(work: Work, customer_id: str) -> bool:
    """Say whether accounts has told that there is no such customer any more."""
    is_old = exists().where(ALIASES.c.old_id == CustomerRef.id)
    query = select(CustomerRef.id).where(CustomerRef.id == customer_id, CustomerRef.erased, ~is_old)
    return work.session.scalar(query) is not None


def customers_after(work: Work, after: str, limit: int) -> list[tuple[str, CustomerRef | None]]:
    """Return the next customers by id, with their copies; of some only facts may have come yet."""
    copied = select(CustomerRef.id.label("id")).where(~CustomerRef.erased)
    told = select(Profile.customer_id.label("id"))
    next_ = [
        select(each.where(id_ > after).order_by(id_).limit(limit).subquery())
        for each, id_ in ((copied, CustomerRef.id), (told, Profile.customer_id))
    ]
    ids = union(*next_).order_by("id").limit(limit).subquery()
    copy = (CustomerRef.id == ids.c.id) & ~CustomerRef.erased
    query = select(ids.c.id, CustomerRef).outerjoin(CustomerRef, copy).order_by(ids.c.id)
    return [(id_, customer) for id_, customer in work.session.execute(query)]


def profile(work: Work, customer_id: str, *, locked: bool = False) -> Profile | None:
    """Return what is known of a customer, perhaps under its lock."""
    query = select(Profile).where(Profile.customer_id == customer_id)
    return work.session.scalar(query.with_for_update() if locked else query)


def portraits(work: Work) -> Iterator[Portrait]:
    """Return what is known of every customer that the asker may see, a batch at a time."""
    is_old = exists().where(ALIASES.c.old_id == Profile.customer_id)
    query = select(Profile).where(Profile.customer_version > 0, ~is_old)
    if work.caller.service is None:
        query = query.where(Profile.entity_id == work.caller.entity_id)
    after = ""
    while True:
        page = query.where(Profile.customer_id > after).order_by(Profile.customer_id).limit(BATCH)
        found = list(work.session.scalars(page))
        tags = _tags(work, [one.customer_id for one in found])
        for one in found:
            yield portrait(one, tags.get(one.customer_id, frozenset()))
        if len(found) < BATCH:
            return
        after = found[-1].customer_id
        work.session.expunge_all()
        time.sleep(0)  # others get their turn: on SQLite nothing here waits for anything


def portrait(profile: Profile, tags: frozenset[str]) -> Portrait:
    """Return a customer as conditions look at it, with accounts' words and our own on it."""
    return Portrait(
        tier=profile.tier,
        segment=profile.segment,
        lifecycle=profile.lifecycle,
        credit_rating=profile.credit_rating,
        language=profile.language,
        country=profile.country,
        region=profile.region,
        last_order_on=profile.last_order_on,
        tags=tags | frozenset(profile.told_tags or ()),
        custom=profile.custom or {},
    )


def tags_of(work: Work, customer_id: str) -> frozenset[str]:
    """Return the words on a customer."""
    return _tags(work, [customer_id]).get(customer_id, frozenset())


def order(work: Work, order_id: str) -> OrderSeen | None:
    """Return an order as it was told last, under its lock."""
    query = select(OrderSeen).where(OrderSeen.order_id == order_id)
    return work.session.scalar(query.with_for_update())


def orders_between(work: Work, customer_id: str, first: date, last: date) -> list[OrderSeen]:
    """Return a customer's orders of some days, both included, oldest first."""
    query = select(OrderSeen).where(
        OrderSeen.customer_id == customer_id,
        OrderSeen.ordered_on >= first,
        OrderSeen.ordered_on <= last,
        ~OrderSeen.cancelled,
    )
    return list(work.session.scalars(query.order_by(OrderSeen.ordered_on, OrderSeen.order_id)))


def bought(work: Work, customer_id: str) -> tuple[date | None, int]:
    """Return a customer's newest order date and how many orders there are."""
    query = select(func.max(OrderSeen.ordered_on), func.count()).where(
        OrderSeen.customer_id == customer_id, ~OrderSeen.cancelled
    )
    newest, count = work.session.execute(query).one()
    return newest, int(count)


def is_seen(work: Work, entity_id: str) -> bool:
    """Say whether the asker may see customers of an entity: people see those of their own."""
    return work.caller.service is not None or work.caller.entity_id == entity_id


def entity_of(customer: CustomerRef) -> str:
    """Return the entity of the group that a customer belongs to."""
    return customer.entity_id or GROUP_ENTITY


def _tags(work: Work, customer_ids: list[str]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    query = select(ProfileTag).where(ProfileTag.customer_id.in_(customer_ids))
    for one in work.session.scalars(query):
        found.setdefault(one.customer_id, set()).add(one.tag)
    return {id_: frozenset(tags) for id_, tags in found.items()}
