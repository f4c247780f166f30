"""All that a service keeps of one person, table by table, for whoever is asked for it (ADR 0028)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Table, and_, or_, select, true

from chassis import aliases, erased
from chassis.caller import Scope
from chassis.claiming import Claim, keys_of, of_nobody
from chassis.cursors import DEFAULT_PAGE, read_cursor, write_cursor
from chassis.errors import Forbidden, NotFound
from chassis.following import Follower
from chassis.identities import Identities, identities
from chassis.leaves import Gone, Leaf, Pile, key_kinds, leaf, trail, trail_of_gone
from chassis.moving import CHUNK
from chassis.pages import Page, demand_limit
from chassis.rows import query
from chassis.subject_rows import Asked, RowsAsked, RowShown
from chassis.tables import Base, CopyRecord, Record
from chassis.visibility import visible
from chassis.wiping import plain_table
from chassis.work import Work

SECONDS = 60.0  # records of nobody are found by reading them

# Other rows of nobody that say one of these, from a place on, and the place to go on from.
Strays = Callable[[Work, Identities, str], tuple[list[Leaf], str]]


@dataclass(frozen=True, slots=True)
class Part:
    """One table, and how its rows lead to a customer.

    ``column`` holds the customer's id; or, ``under`` another part, what that one has in its ``key``.
    ``person`` holds the id of one of its contacts, where there is such a column. ``at_once`` is how
    many rows are read together: few, where each is large.
    """

    table: type[Base] | Table
    column: str = "customer_id"
    under: "Part | None" = None
    key: str = "id"
    person: str = aliases.CONTACT
    at_once: int = CHUNK

    @property
    def root(self) -> Table:
        """Return the table that holds the customer's id."""
        return plain_table(self.table) if self.under is None else self.under.root

    @property
    def names_contacts(self) -> bool:
        """Say whether its rows, or those above them, name a contact."""
        return self.person in self.root.c if self.under is None else self.under.names_contacts


@dataclass(frozen=True, slots=True)
class Disclosing:
    """What a service keeps of customers, and hands over.

    ``left_out`` are tables that lead to customers too, each with the reason why not. ``internal``
    are columns that say nothing of a person: ways to find, secrets, the mechanism's own. ``home``
    is where the service knows whose customer somebody is.
    """

    home: type[Record] | type[CopyRecord]
    parts: tuple[Part, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)
    internal: frozenset[str] = frozenset()
    claims: tuple[Claim, ...] = ()
    strays: Strays | None = None


def disclosing(follower: Follower, *more: Part, **besides: Any) -> Disclosing:
    """Return what a service hands over that follows: all that it moves, its copies, and more."""
    (home,) = follower.erasing.copies
    own = [Part(kind.table, kind.column) for kind in follower.kinds]
    copies = [Part(copy, "id") for copy in follower.erasing.copies]
    return Disclosing(home, (*own, *copies, *more), claims=follower.erasing.claims, **besides)


def row(what: Disclosing, *, needs: str) -> Any:
    """Offer what a service keeps of a customer; the row has the same name in all of them."""
    return query(
        reader(what), accepts=RowsAsked(), shows=RowShown(), needs=needs, timeout_seconds=SECONDS
    )


def reader(what: Disclosing) -> Callable[..., Page[dict[str, object]]]:
    """Return the use case that answers what a service keeps of a customer."""

    def customer_data(
        work: Work, *, customer_id: str, asked: Asked,
        after: str | None = None, limit: int = DEFAULT_PAGE,
    ) -> Page[dict[str, object]]:  # fmt: skip
        """Page through every row that this service keeps of a customer, or of one contact of it alone.

        With identities it is what hangs on no customer and says one of them, as an erasure finds it.

        :raises Forbidden: if the asker sees only a part of what there is.
        :raises NotFound: if the customer is another entity's.
        :raises Conflict: if the customer, or the contact, was erased.
        """
        demand_limit(limit)
        _demand(work, what, customer_id, asked.contact_id)
        if asked.identities:
            heaps = _of_nobody(work, what, asked.identities)
        elif asked.contact_id is not None:
            heaps = _of_contact(work, what, asked.contact_id)
        else:
            heaps = _known(work, what, customer_id)
        return _walk(work, what, heaps, (_place(after), limit))

    return customer_data


def _demand(work: Work, what: Disclosing, customer_id: str, contact_id: str | None) -> None:
    if work.scope is not Scope.ALL:
        raise Forbidden("This is over everything, not over a part.", code="auth.scope")
    erased.demand_none(work.session, [customer_id], work.service)
    if contact_id is not None:
        erased.demand_none(work.session, [contact_id], work.service, "contact")
    home = plain_table(what.home).c
    entity = work.session.scalar(select(home.entity_id).where(home.id == customer_id))
    if work.caller.service is None and entity not in {None, work.caller.entity_id}:
        code = f"{work.service}.customer.not_found"
        raise NotFound("There is no customer with this id.", code=code)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a page ends: which heap, which leaf of it, which row; and where the heap began."""

    heap: int = 0
    leaf: int = 0
    row: str = ""
    chunk: str = ""


# The leaves of the heap at a place, and the place of the next one.
_Heaps = Callable[[_Place], tuple[list[Leaf], _Place | None]]


def _place(after: str | None) -> _Place:
    return _Place() if after is None else _Place(*read_cursor(after, [int, int, str, str]))


def _walk(
    work: Work, what: Disclosing, heaps: _Heaps, asked: tuple[_Place, int]
) -> Page[dict[str, object]]:
    """Collect rows, leaf by leaf, until the page is full."""
    at: _Place | None = asked[0]
    pile = Pile(asked[1], what.internal)
    while at is not None:
        leaves, following = heaps(at)
        for number in range(max(at.leaf, 0), len(leaves)):
            row = pile.read(work, leaves[number], at.row if number == at.leaf else "")
            if row is not None:
                return Page(pile.rows, write_cursor([at.heap, number, row, at.chunk]))
        at = following
    return Page(pile.rows)


def _known(work: Work, what: Disclosing, customer_id: str) -> _Heaps:
    """Return a heap for each id that the customer has or had."""
    ids = [customer_id, *sorted(aliases.old_ids(work.session, customer_id))]

    def heap(at: _Place) -> tuple[list[Leaf], _Place | None]:
        if not 0 <= at.heap < len(ids):
            return [], None
        id_ = ids[at.heap]
        gone = Gone(aliases.CUSTOMER, id_)
        mine = _leaves(what.parts, lambda part, table: table.c[part.column] == id_, gone)
        return mine, _Place(at.heap + 1)

    return heap


def _of_contact(work: Work, what: Disclosing, contact_id: str) -> _Heaps:
    """Return one heap, of what names a contact: in the asker's entity, for few know whose contact that is."""
    parts = [one for one in what.parts if one.names_contacts]

    gone = Gone(aliases.CONTACT, contact_id, None if work.caller.service else work.caller.entity_id)

    def names(part: Part, table: FromClause) -> ColumnElement[bool]:
        ours = true() if gone.entity_id is None else table.c.entity_id == gone.entity_id
        return and_(table.c[part.person] == contact_id, ours)

    def heap(at: _Place) -> tuple[list[Leaf], _Place | None]:
        return [] if at.heap else _leaves(parts, names, gone), None

    return heap


def _of_nobody(work: Work, what: Disclosing, said: list[dict[str, str]]) -> _Heaps:
    """Return a heap for each chunk of records of nobody that say who it is."""
    who = identities(said)

    def heap(at: _Place) -> tuple[list[Leaf], _Place | None]:
        if 0 <= at.heap < len(what.claims):
            leaves, chunk = _claimed(work, what, who, at)
        elif at.heap == len(what.claims) and what.strays is not None:
            leaves, chunk = what.strays(work, who, at.chunk)
        else:
            return [], None
        return leaves, _Place(at.heap, chunk=chunk) if chunk else _Place(at.heap + 1)

    return heap


def _claimed(work: Work, what: Disclosing, who: Identities, at: _Place) -> tuple[list[Leaf], str]:
    claim = what.claims[at.heap]
    ours = visible(work.caller, Scope.ALL, claim.table)  # type: ignore[arg-type]  # all are records
    after = read_cursor(at.chunk, key_kinds(keys_of(claim))) if at.chunk else None
    theirs, last = of_nobody(work, claim, who, after, ours)
    for earlier in what.claims[: at.heap]:  # what another way has found already
        if earlier.table is claim.table:
            among = plain_table(claim.table).c.id.in_(theirs)
            theirs = sorted(set(theirs) - set(of_nobody(work, earlier, who, None, (among,))[0]))
    root = plain_table(claim.table)
    parts = [one for one in what.parts if one.root is root]
    leaves = _leaves(parts, lambda _, table: table.c.id.in_(theirs))
    return leaves, "" if last is None else write_cursor(last)


def _leaves(
    parts: Sequence[Part],
    is_theirs: Callable[[Part, Any], ColumnElement[bool]],
    gone: Gone | None = None,
) -> list[Leaf]:
    """Return a leaf for each table, by however many ways it leads up, and for the trail of each.

    The customer's id leads to the trail of what is gone, too.
    """
    ways: dict[Table, list[ColumnElement[bool]]] = {}
    for part in parts:
        table = plain_table(part.table)
        ways.setdefault(table, []).append(_condition(part, table, is_theirs))
    found = {table: or_(*conditions) for table, conditions in ways.items()}
    few = {plain_table(part.table): part.at_once for part in parts}
    audited = {plain_table(part.table) for part in parts if _is_audited(part.table)}
    changed = [(table, where) for table, where in found.items() if table in audited]
    rows = [leaf(table, where, few[table]) for table, where in found.items()]
    past = [trail_of_gone(changed, gone)] if gone else []
    return [*rows, *trail(changed), *past]


def _condition(
    part: Part, table: FromClause, is_theirs: Callable[[Part, Any], ColumnElement[bool]]
) -> ColumnElement[bool]:
    if part.under is None:
        return is_theirs(part, table)
    upper = plain_table(part.under.table).alias()
    above = select(upper.c[part.under.key]).where(_condition(part.under, upper, is_theirs))
    return table.c[part.column].in_(above)


def _is_audited(table: type[Base] | Table) -> bool:
    return not isinstance(table, Table) and issubclass(table, Record)
