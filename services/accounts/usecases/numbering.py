"""Give out the numbers that people call customers and members by."""

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from chassis.work import Work
from services.accounts.tables import Series

FIRST_NUMBER = 100_001
CUSTOMERS, MEMBERS = "customer", "member"


def take_numbers(work: Work, count: int, series: str = CUSTOMERS) -> list[str]:
    """Take the next numbers of a series of the entity, without a gap once committed.

    Take them late: until the end of the work nobody else gets one.
    """
    dialect = work.session.get_bind().dialect.name
    insert: Any = postgresql.insert if dialect == "postgresql" else sqlite.insert
    first = FIRST_NUMBER - 1 + count
    new = insert(Series).values(entity_id=work.caller.entity_id, name=series, last=first)
    taken = new.on_conflict_do_update(
        index_elements=[Series.entity_id, Series.name], set_={"last": Series.last + count}
    ).returning(Series.last)
    last: int = work.session.execute(taken).scalar_one()
    return [str(number) for number in range(last - count + 1, last + 1)]
