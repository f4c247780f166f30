"""Decide who gets each customer of a batch; what is asked for once serves the whole step."""

from collections.abc import Collection, Sequence

from chassis.work import Work
from services.accounts.domain import allocation as rules
from services.accounts.domain.allocation import Dealing, Method, Recipient, Turn, WhenAbsent
from services.accounts.domain.ownership import Owner
from services.accounts.domain.pools import CapKind
from services.accounts.domain.staff import Member
from services.accounts.reads import allocations as reads
from services.accounts.reads import directory
from services.accounts.tables import Allocation, AllocationTurn, Customer
from services.accounts.usecases.caps import Rooms, full


class Dealer:
    """Who is there to get customers, and whose turn it is."""

    def __init__(self, work: Work, job: Allocation) -> None:
        self._work, self._job = work, job
        self._dealing = dealing_of(job)
        weights = {one.staff_id: one.weight for one in self._dealing.recipients}
        named = [one for one in weights if one != job.from_staff_id]
        self._weights = weights if self._dealing.method is not Method.ROUND_ROBIN else {}
        self._away = reads.away(work, job.entity_id)
        everybody = reads.members(work, job.entity_id, named if weights else None)
        everybody.pop(job.from_staff_id or "", None)
        self._stand_in = self._who_stands_in(everybody)
        self._members = [one for one in everybody.values() if one.staff_id in self._stand_in]
        # A hand-over is bound by no cap. Before the customers are held, as whoever claims does.
        owners = {one.staff_id: one for one in self._stand_in.values() if not job.from_staff_id}
        self._rooms = Rooms(work, owners.values(), job.entity_id, job.over_cap)
        self._turns: dict[str, dict[str, AllocationTurn]] = {}
        self._loads: dict[str, int] | None = None
        self._above: dict[str, str | None] | None = None

    def pick(self, customer: Customer) -> tuple[Owner, str | None]:
        """Return whoever gets a customer and why, if beyond his cap; note that it was his turn.

        Who has as many as he may is passed over, as if he were away.

        :raises NobodyThere: if everybody is away, or nobody is responsible.
        :raises OwnerCapReached: if all who are there have as many as they may.
        """
        rotation, there = self._responsible(customer)
        if not there:
            raise rules.NobodyThere("Nobody is there to get this customer.")
        members = [m for m in there if self._rooms.takes(self._gets(m), customer)]
        if not members:
            raise full(CapKind.OWN)
        if self._dealing.method is Method.LEAST_LOADED:
            owner = self._to_least_loaded(members)
        else:
            owner = self._to_next(rotation, members)
        return owner, self._rooms.take(owner.staff_id, customer)

    def _to_least_loaded(self, members: Sequence[Member]) -> Owner:
        if self._loads is None:
            self._loads = reads.loads(self._work, [o.staff_id for o in self._stand_in.values()])
        # Whoever stands in carries it: his load counts, not that of the one who is away.
        carried = {m.staff_id: self._loads.get(self._gets(m), 0) for m in members}
        turns = [Turn(one.staff_id, self._weight(one.staff_id)) for one in members]
        owner = self._stand_in[rules.least_loaded(turns, carried)]
        self._loads[owner.staff_id] = self._loads.get(owner.staff_id, 0) + 1
        return owner

    def _to_next(self, rotation: str, members: Sequence[Member]) -> Owner:
        if rotation not in self._turns:
            key = (self._job.entity_id, rotation)
            self._turns[rotation] = reads.turns(self._work, key, [m.staff_id for m in members])
        rows = self._turns[rotation]
        turns = [
            Turn(
                one.staff_id,
                self._weight(one.staff_id),
                rows[one.staff_id].credit,
                rows[one.staff_id].of,
            )
            for one in members
        ]
        chosen, after = rules.deal(turns)
        for turn in after:
            rows[turn.staff_id].credit, rows[turn.staff_id].of = turn.credit, turn.of
        return self._stand_in[chosen]

    def _responsible(self, customer: Customer) -> tuple[str, Sequence[Member]]:
        """Return who may get a customer: all, or those of its territory or of the next above."""
        if self._dealing.method is not Method.TERRITORY:
            return self._dealing.rotation, self._members
        if self._above is None:
            tree = directory.tree_of(self._work, self._job.entity_id)
            self._above = {node.id: node.parent_id for node in tree.values()}
        territory_id = customer.territory_id
        while territory_id is not None:
            there = [one for one in self._members if territory_id in one.territory_ids]
            if there:
                return f"{self._dealing.rotation}:{territory_id}", there
            territory_id = self._above.get(territory_id)
        return self._dealing.rotation, ()

    def _gets(self, member: Member) -> str:
        """Return who gets what is somebody's turn."""
        return self._stand_in[member.staff_id].staff_id

    def _weight(self, staff_id: str) -> int:
        return self._weights.get(staff_id, 1)

    def _who_stands_in(self, members: dict[str, Member]) -> dict[str, Owner]:
        """Return who gets what is somebody's turn: he himself, his substitute, or nobody."""
        found = {
            one.staff_id: Owner(one.staff_id, one.team_id)
            for one in members.values()
            if one.staff_id not in self._away
        }
        if self._dealing.absent is WhenAbsent.SUBSTITUTE:
            found |= self._substitutes(members.keys() & self._away.keys())
        return found

    def _substitutes(self, absent: Collection[str]) -> dict[str, Owner]:
        named = {one: self._away[one] for one in absent}
        usable = {s for s in named.values() if s and s not in self._away} - {
            self._job.from_staff_id
        }
        there = reads.members(self._work, self._job.entity_id, sorted(filter(None, usable)))
        return {
            one: Owner(substitute, there[substitute].team_id)
            for one, substitute in named.items()
            if substitute in there
        }


def dealing_of(job: Allocation) -> Dealing:
    """Return the rule of a batch as it was stored."""
    recipients = tuple(
        Recipient(str(one["staff_id"]), int(str(one["weight"]))) for one in job.recipients
    )
    return Dealing(job.method, recipients, job.rotation, job.absent)
