"""Whom events are about: an old id leads to the record as it is now, and the erased are left alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.orm import Session

from chassis import aliases, erased
from contracts import base as contracts
from contracts.following import Followed
from contracts.privacy import ContactErased, CustomerErased, ErasureCompleted

ERASE = (CustomerErased, ContactErased)
_OF_ERASURES = (*ERASE, ErasureCompleted, Followed)  # they name the erased, and must be heard


@dataclass(frozen=True, slots=True)
class People:
    """What is known of the customers and contacts whom some events are about."""

    names: Mapping[str, str]  # old id -> the id of the record now
    erased: frozenset[str]

    def renamed(self, event: Any) -> Any:
        """Take an event that names a customer by an old id for one about the customer it is now."""
        event = self._without_erased(event)
        now = self.names.get(customer_of(event) or "")
        if now is None or contracts.describe(type(event)).of_record:
            return event
        return replace(event, customer_id=now)

    def has_erased(self, event: object) -> bool:
        """Say whether it comes too late: who it is about was erased. It is applied by that."""
        if isinstance(event, _OF_ERASURES):
            return False
        is_of_contact = contracts.describe(type(event)).subject == aliases.CONTACT
        whose = (customer_of(event), _contact_of(event) if is_of_contact else None)
        return not self.erased.isdisjoint(whose)

    def _without_erased(self, event: Any) -> Any:
        """Leave out of what is told of a customer which contact it was, if that one was erased."""
        of_customer = not isinstance(event, _OF_ERASURES) and customer_of(event) is not None
        if of_customer and _contact_of(event) in self.erased and not self.has_erased(event):
            return replace(event, contact_id=None)
        return event


def people(session: Session, events: Sequence[object]) -> People:
    """Ask whom events are about, once for all; whoever merges or erases them waits until this is done."""
    named = [each(event) for event in events for each in (customer_of, _contact_of)]
    ids = {id_ for id_ in named if id_ is not None}
    if not ids:
        return People({}, frozenset())
    names = aliases.use(session, ids)
    now = set(names.values())
    if now:
        aliases.use(session, now)
    return People(names, frozenset(erased.among(session, ids | now)))


def customer_of(event: object) -> str | None:
    """Return the customer whom an event names, if it names one."""
    return getattr(event, aliases.CUSTOMER, None)


def _contact_of(event: object) -> str | None:
    return getattr(event, aliases.CONTACT, None)
