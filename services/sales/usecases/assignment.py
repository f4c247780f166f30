"""Who gets a new lead: the customer's owner, or whose turn it is in the territory."""

from collections.abc import Sequence

from chassis import aliases
from chassis.ownership import hand_over
from chassis.work import Work
from services.sales.domain.leads import AssignmentReason
from services.sales.domain.rotation import deal, stand_in
from services.sales.domain.territories import covering, upwards
from services.sales.reads import customers, leads, telling
from services.sales.tables import Lead, StaffRef
from services.sales.usecases.ownership import note_assignment, owner_of


def match(work: Work, lead: Lead, customer_id: str) -> None:
    """Note that a lead is a customer that we have."""
    lead.customer_id = aliases.in_use(work.session, customer_id)
    work.tell(telling.lead_matched, lead)


def assign(work: Work, lead: Lead, *, besides: str | None = None) -> None:
    """Give a lead to whoever should have it, and keep the reason; nobody is a reason too.

    ``besides`` gets none by rotation: he leaves.
    """
    previous = lead.owner_id
    reason = _to_customer_owner(work, lead) or _to_rotation(work, lead, besides)
    note_assignment(work, lead, previous, reason)


def _to_customer_owner(work: Work, lead: Lead) -> AssignmentReason | None:
    known = customers.customer(work, lead.customer_id) if lead.customer_id else None
    owner = customers.staff(work, known.owner_id) if known and known.owner_id else None
    if known is None or owner is None or not owner.active:
        return None
    hand_over(lead, owner_of(known))
    standing_in = _standing_in(work, owner)
    if standing_in is None:
        return AssignmentReason.CUSTOMER_OWNER
    lead.owner_id, lead.team_id = standing_in.id, standing_in.team_id
    return AssignmentReason.SUBSTITUTE


def _standing_in(work: Work, owner: StaffRef) -> StaffRef | None:
    """Return who stands in for somebody who is away, unless that one is away too."""
    substitute_id = stand_in(owner.away or (), work.now)
    found = customers.staff(work, substitute_id) if substitute_id else None
    return found if found is not None and found.active and _is_there(work, found) else None


def _is_there(work: Work, rep: StaffRef) -> bool:
    return stand_in(rep.away or (), work.now) is None


def _to_rotation(work: Work, lead: Lead, besides: str | None) -> AssignmentReason:
    tree = customers.territories(work, lead.entity_id)
    home = covering(tree, lead.state)
    if home is None:
        return AssignmentReason.NO_TERRITORY
    lead.territory_id = home.id
    # Where nobody sells, whoever sells in the territory above takes it. Who is away is passed over;
    # where everybody is, the turn is taken among them rather than by nobody.
    around = [
        (territory_id, _others(work, territory_id, lead.entity_id, besides))
        for territory_id in upwards(tree, home.id)
    ]
    there = [(id_, [rep for rep in reps if _is_there(work, rep)]) for id_, reps in around]
    for territory_id, reps in [*there, *around]:
        if reps:
            rep = _next(work, territory_id, reps)
            lead.owner_id, lead.team_id = rep.id, rep.team_id
            return AssignmentReason.ROTATION
    return AssignmentReason.NO_REP


def _others(work: Work, territory_id: str, entity_id: str, besides: str | None) -> list[StaffRef]:
    reps = customers.active_reps(work, territory_id, entity_id)
    return [rep for rep in reps if rep.id != besides]


def _next(work: Work, territory_id: str, reps: Sequence[StaffRef]) -> StaffRef:
    by_id = {rep.id: rep for rep in reps}
    rows = leads.turns(work, territory_id, list(by_id))
    chosen, after = deal(leads.as_turns(rows))
    for row, turn in zip(rows, after, strict=True):
        row.given, row.last_turn = turn.given, turn.last_turn
    return by_id[chosen]
