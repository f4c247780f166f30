"""Note what was agreed on confidentiality with a customer, and for how long it runs."""

from collections.abc import Mapping

from chassis import records
from chassis.work import Work
from services.accounts.domain import validity
from services.accounts.domain.ndas import Terms
from services.accounts.tables import Customer, Nda

KIND = "nda"


def record_nda(work: Work, *, customer_id: str, terms: Terms) -> Nda:
    """Note an agreement to keep what concerns a customer confidential.

    :raises ValidityEndsFirst: if it ends before it begins.
    """
    customer = work.get(Customer, customer_id)
    begins = terms.valid_from or work.now
    validity.check(begins, terms.valid_until)
    nda = work.add(
        Nda(
            entity_id=customer.entity_id,
            customer_id=customer_id,
            party=terms.party,
            valid_from=begins,
            valid_until=terms.valid_until,
            permitted=list(terms.permitted),
            note=terms.note,
        )
    )
    records.tell_changed(work, KIND, nda, "created")
    work.flush()
    return nda


def update_nda(work: Work, *, nda_id: str, version: int, changes: Mapping[str, object]) -> Nda:
    """Change what was agreed, or end it: that opens what it kept confidential.

    :raises StaleVersion: if it changed since.
    :raises ValidityEndsFirst: if it would end before it begins.
    """
    nda = work.get(Nda, nda_id, version=version)
    work.get(Customer, nda.customer_id)
    for name, value in changes.items():
        setattr(nda, name, value)
    validity.check(nda.valid_from, nda.valid_until)
    if work.session.is_modified(nda):
        records.tell_changed(work, KIND, nda, "updated")
        work.flush()
    return nda
