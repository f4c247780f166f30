"""Keep what customers are to each other."""

from collections.abc import Mapping
from dataclasses import asdict

from chassis.work import Work
from services.accounts.domain import relationships as rules
from services.accounts.domain import validity
from services.accounts.domain.relationships import Relation, Terms
from services.accounts.reads import customers, directory, telling
from services.accounts.reads import relationships as reads
from services.accounts.tables import Customer, Relationship

_TREE = "parents"


def relate(
    work: Work, *, customer_id: str, other_id: str, relation: Relation, terms: Terms
) -> Relationship:
    """Tell what another customer is to this one.

    :raises RelatedToItself: if both are the same.
    :raises TermsNotFitting: if this kind of relationship has no such terms.
    :raises RelationshipKnown: if it is known of a time that overlaps.
    :raises ParentLoop: if somebody would be his own parent.
    """
    customer = work.get(Customer, customer_id)
    other_id = work.get(Customer, other_id).id  # an old id leads to whom it was merged into
    if customer_id == other_id:
        raise rules.RelatedToItself("Nobody is related to himself.")
    one = Relationship(
        id="", customer_id=customer_id, other_id=other_id, relation=relation, **asdict(terms)
    )
    one.entity_id = customer.entity_id
    _check(work, one, asdict(terms))
    work.add(one)
    work.tell(telling.relationship_recorded, one)
    work.flush()
    return one


def update_relationship(
    work: Work, *, relationship_id: str, version: int, changes: Mapping[str, object]
) -> Relationship:
    """Change the terms of a relationship, or end it; who sees one of its ends may.

    :raises StaleVersion: if it changed since.
    :raises Refused: what relate refuses.
    """
    one = work.get(Relationship, relationship_id, version=version)
    reads.demand_seen(work, one)
    with work.session.no_autoflush:
        for name, value in changes.items():
            setattr(one, name, value)
        _check(work, one, changes)
    if work.session.is_modified(one):
        work.tell(telling.relationship_recorded, one)
        work.flush()
    return one


def _check(work: Work, one: Relationship, told: Mapping[str, object]) -> None:
    rules.check_terms(one.relation, told)
    validity.check(one.valid_from, one.valid_until)
    if told.get("manager_id") is not None:
        directory.owner(work, str(told["manager_id"]))
    customers.hold(work, [_TREE, f"related:{one.customer_id}"])
    mine = (one.valid_from, one.valid_until)
    for other in reads.alike(work, one):
        if validity.overlap(mine, (other.valid_from, other.valid_until)):
            raise rules.RelationshipKnown(
                "This relationship is known already.", detail={"relationship_id": other.id}
            )
    goes_on = one.valid_until is None or one.valid_until > work.now
    is_parent = one.relation is Relation.PARENT and goes_on
    if is_parent and one.customer_id in reads.above(work, one.other_id):
        raise rules.ParentLoop("Nobody is his own parent.", detail={"id": one.other_id})
