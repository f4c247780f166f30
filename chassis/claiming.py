"""Records that hang on no customer and yet say who is erased: they become this customer's, and are wiped as such."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    Table,
    cast,
    func,
    literal,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.types import Text

from chassis.envelope import encode
from chassis.errors import Unavailable
from chassis.identities import Identities
from chassis.images import table_of
from chassis.moving import CHUNK, Key
from chassis.tables import PROCESSES, Base
from chassis.turn import OPEN
from chassis.wiping import personal
from chassis.work import Work

OF_NOBODY = "_of_nobody"  # in the counts: how many of a kind were not known to be the customer's
# What people write between the digits of a number, and digits as a Chinese keyboard writes them.
_BETWEEN = " -()./+\u00a0"
_WIDE = {chr(0xFF10 + digit): str(digit) for digit in range(10)}


@dataclass(frozen=True, slots=True)
class Claim:
    """One kind of record that may be nobody's, and where it may say who it is of.

    All its personal columns are read; ``words`` names another table whose personal columns are, by
    the column of it that leads to the record. ``keys`` is a column of keys by system.
    """

    name: str
    table: type[Base]
    words: type[Base] | None = None
    by: str = ""
    keys: str | None = None
    column: str = "customer_id"

    @property
    def said(self) -> list[Any]:
        """Return the columns that are read."""
        where = table_of(self.words or self.table)
        return [*personal(where), *([where.c[self.keys]] if self.keys else [])]


def demand_nothing_under_way(work: Work, who: Identities, besides: Sequence[str]) -> None:
    """Demand that no process goes on that has yet to find out who it is about.

    :raises Unavailable: if one does.
    """
    columns = PROCESSES.c
    query = select(columns.data).where(columns.status.in_(OPEN), columns.kind.not_in(besides))
    if any(who.said_in(data) for data in work.session.scalars(query)):
        raise Unavailable(
            "Something is still under way for who is erased.", code="erasure.under_way"
        )


def claim(
    work: Work, kind: Claim, who: Identities, customer_id: str, after: Key | None
) -> tuple[int, Key | None]:
    """Take the next records of nobody that say who it is; return how many, and the key to go on from."""
    theirs, last = of_nobody(work, kind, who, after)
    ours = table_of(kind.table)
    free = (ours.c.id.in_(theirs), ours.c[kind.column].is_(None))
    done: Any = work.session.execute(update(ours).where(*free).values({kind.column: customer_id}))
    return int(done.rowcount), last


def of_nobody(
    work: Work, kind: Claim, who: Identities, after: Key | None,
    also: Sequence[ColumnElement[bool]] = (),
) -> tuple[list[str], Key | None]:  # fmt: skip
    """Return the next records of nobody that say who it is, and the key to go on from."""
    found = list(work.session.execute(_candidates(kind, who, after).where(*also)))
    theirs = sorted({str(row[0]) for row in found if _names(kind, who, row)})
    width = len(keys_of(kind))
    return theirs, list(found[-1][1 : 1 + width]) if len(found) == CHUNK else None


def keys_of(kind: Claim) -> list[Any]:
    """Return the key of what is read: of the record, or of its words."""
    where: Table = table_of(kind.words or kind.table)
    return list(where.primary_key.columns)


def _candidates(kind: Claim, who: Identities, after: Key | None) -> Select[Any]:
    """Return what may say it: the record's id, the key of what was read, and the words."""
    ours, keys = table_of(kind.table), keys_of(kind)
    query = select(ours.c.id, *keys, *kind.said).where(ours.c[kind.column].is_(None))
    if kind.words is not None:
        words = table_of(kind.words)
        query = query.join_from(words, ours, words.c[kind.by] == ours.c.id)
    query = query.where(hints(_joined(kind), who, is_keyed=kind.keys is not None))
    if after is not None:
        query = query.where(tuple_(*keys) > tuple_(*after) if len(keys) > 1 else keys[0] > after[0])
    return query.order_by(*keys).limit(CHUNK)


def hints(said: ColumnElement[str], who: Identities, *, is_keyed: bool) -> ColumnElement[bool]:
    """Return what the database can tell: that a text may say one of these."""
    lower, digits = func.lower(said), said
    for between in _BETWEEN:
        digits = func.replace(digits, between, "")
    for wide, plain in _WIDE.items():
        digits = func.replace(digits, wide, plain)
    keys = {form for _, key in who.keys for form in (key, encode(key).decode().strip('"'))}
    return or_(
        literal(False),
        *(lower.contains(mail, autoescape=True) for mail in who.mails),
        *(digits.contains(home) for home in set(who.numbers.values())),
        *(said.contains(key, autoescape=True) for key in sorted(keys) if is_keyed),
    )


def _joined(kind: Claim) -> ColumnElement[str]:
    said: ColumnElement[str] = literal("")
    for column in kind.said:
        said = said.concat(func.coalesce(cast(column, Text), "")).concat(" ")
    return said


def _names(kind: Claim, who: Identities, row: Row[Any]) -> bool:
    said = row[1 + len(keys_of(kind)) :]
    keys = said[-1] if kind.keys else None
    if isinstance(keys, dict) and who.keyed_in(keys):
        return True
    return any(who.said_in(_text(one)) for one in said if one is not None)


def _text(value: object) -> str:
    return value if isinstance(value, str) else encode(value).decode()
