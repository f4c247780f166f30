"""Which relationships give way when customers become one: foreseen, and as it came."""

from collections.abc import Collection, Sequence
from functools import partial
from typing import Any

from sqlalchemy import or_, select

from chassis.envelope import decode
from chassis.moving import WHY
from chassis.tables import MOVED
from chassis.work import Work
from services.accounts.domain.relationships import Relation, Tie, gave_way
from services.accounts.reads.relationships import above, parents_of, tie
from services.accounts.tables import Relationship

MAX_FORESEEN = 1_000  # relationships of those who are to become one
MAX_LISTED = 50
ENDS = ("customer_id", "other_id")  # a merge re-points the near ends first
KINDS = ("relationships", "relationships.other_id")


def foreseen(work: Work, winner_id: str, loser_ids: Sequence[str]) -> dict[str, object]:
    """Say which relationships a merge would keep aside, and why, in the order it would do so.

    Of customers with more relationships than anybody looks through, nothing is foreseen.
    """
    party = {winner_id, *loser_ids}
    with_them = or_(Relationship.customer_id.in_(party), Relationship.other_id.in_(party))
    query = select(Relationship).where(with_them).order_by(Relationship.id)
    rows = list(work.session.scalars(query.limit(MAX_FORESEEN + 1)))
    if len(rows) > MAX_FORESEEN:
        return {"kept_aside": [], "is_foreseen": False}
    ties = {one.id: tie(one) for one in rows}
    parents = partial(_parents, work, ties, party)
    found = []
    for loser_id in sorted(loser_ids):
        for end in ENDS:
            for id_ in [one.id for one in ties.values() if getattr(one, end) == loser_id]:
                moved = ties[id_].moved(loser_id, winner_id)
                why = gave_way(moved, ties.values(), lambda of: above(work, of, parents), work.now)
                if why is None:
                    ties[id_] = moved
                else:
                    found.append(_shown(ties.pop(id_), why))
    return {"kept_aside": found, "is_foreseen": True}


def of_merge(work: Work, merge_id: str, limit: int = MAX_LISTED) -> list[dict[str, object]]:
    """Return relationships that a merge has kept aside, and why; the first of them."""
    query = select(MOVED.c.image).where(
        MOVED.c.task_id == merge_id, MOVED.c.kind.in_(KINDS), MOVED.c.image.is_not(None)
    )
    found = work.session.scalars(query.order_by(MOVED.c.kind, MOVED.c.record_key).limit(limit))
    images: list[Any] = [decode(kept.encode()) for kept in found]
    return [
        {
            "relationship_id": one["id"],
            "customer_id": one["customer_id"],
            "other_id": one["other_id"],
            "relation": one["relation"],
            "why": one.get(WHY),
        }
        for one in images
    ]


def _parents(work: Work, ties: dict[str, Tie], party: Collection[str], of: set[str]) -> set[str]:
    """Return the parents of some customers as they would be by then."""
    touched = {
        one.other_id
        for one in ties.values()
        if one.relation is Relation.PARENT and one.customer_id in of and one.goes_on(work.now)
    }
    return touched | parents_of(work, of, besides=party)


def _shown(one: Tie, why: str) -> dict[str, object]:
    return {
        "relationship_id": one.id,
        "customer_id": one.customer_id,
        "other_id": one.other_id,
        "relation": one.relation,
        "why": why,
    }
