"""What a database means to do for a question, and customers enough for it to think it over."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

from sqlalchemy import event, text

from services.accounts.domain.customers import Details, Lifecycle, columns
from services.accounts.domain.flags import Rating
from services.accounts.domain.policies import Importance, Scale
from services.accounts.domain.preferences import PreferredChannel
from services.accounts.domain.stages import Stage
from services.accounts.domain.tiers import Tier
from services.accounts.reads.search import Named
from services.accounts.tables import Customer, CustomerTag, SearchTerm
from services.accounts.usecases import search
from tests.support.accounts import Desk

STATES = [f"State {n}" for n in range(50)]
SYLLABLES = "ba co di fu ge ha ki lo mu ne pa ri so tu we xi yo za".split()


def stocked(desk: Desk, count: int) -> None:
    """Enter many customers as an import writes them, and let the database count its rows."""
    dice = random.Random(7)  # noqa: S311  # the same customers in every run
    rows = [_row(dice, number) for number in range(count)]
    named = [Named(one["id"], one["id"], "group", one["name"], one["email"]) for one in rows]
    with desk.work() as work:
        work.write_many(Customer, rows)
        work.session.execute(
            SearchTerm.__table__.insert(), [term for one in named for term in search.rows(one)]
        )
        work.session.execute(CustomerTag.__table__.insert(), _tagged(rows))
    if desk.runtime.database.engine.dialect.name == "postgresql":
        with desk.runtime.database.engine.begin() as connection:
            connection.execute(text("ANALYZE customers, search_terms, contacts, customer_tags"))


def _row(dice: random.Random, number: int) -> dict[str, Any]:
    name = " ".join("".join(dice.choices(SYLLABLES, k=3)).title() for _ in range(2))
    details = Details(
        name=name, email=f"m{number}@firm{number}.com", phone=f"+1212{5_000_000 + number}",
        segment=dice.choice(["a", "b", "c"]), country=dice.choice(["US", "CN", "DE"]),
        state=dice.choice(STATES),
    )  # fmt: skip
    return columns(details) | {
        "id": f"c{number:07}", "number": str(100_001 + number), "event_seq": 0,
        "lifecycle": dice.choice(list(Lifecycle)), "tier": dice.choice([None, *Tier]),
        "owner_id": f"s{dice.randrange(200)}", "team_id": f"t{dice.randrange(20)}",
        "territory_id": f"y{dice.randrange(50)}", "stage": dice.choice(list(Stage)),
        "preferred_channel": _seldom(dice, PreferredChannel),
        "importance": _seldom(dice, Importance), "scale": _seldom(dice, Scale),
        "credit_rating": _seldom(dice, Rating),
    }  # fmt: skip


def _seldom(dice: random.Random, kind: type[StrEnum]) -> StrEnum | None:
    """Draw what somebody says of every fifth customer."""
    return dice.choice(list(kind)) if dice.randrange(5) == 0 else None


def _tagged(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put one of three hundred words on every third customer."""
    return [
        {"id": f"t{n:07}", "entity_id": "group", "tag": f"word{n % 300}", "customer_id": row["id"]}
        for n, row in enumerate(rows[::3])
    ]


@contextmanager
def watched(desk: Desk) -> Iterator[list[str]]:
    """Collect the plans of the questions that are asked meanwhile, one text for each."""
    engine = desk.runtime.database.engine
    asked: list[tuple[str, Any]] = []
    plans: list[str] = []

    def note(_c: Any, _cur: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield plans
    finally:
        event.remove(engine, "before_cursor_execute", note)
    with engine.connect() as connection:
        for statement, parameters in asked:
            rows = connection.exec_driver_sql(_EXPLAIN[engine.dialect.name] + statement, parameters)
            plans.append("\n".join(str(row[-1]) for row in rows))


_EXPLAIN = {"sqlite": "EXPLAIN QUERY PLAN ", "postgresql": "EXPLAIN "}
