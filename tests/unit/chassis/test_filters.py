"""What each filter lets through, and what it refuses instead of asking the database."""

from datetime import UTC, datetime
from enum import StrEnum

import pytest
from sqlalchemy import Boolean, Column, Integer, MetaData, String, Table, create_engine, select

from chassis import filters
from chassis.errors import Invalid
from chassis.tables import Instant


class Colour(StrEnum):
    """A closed set."""

    RED = "red"
    BLUE = "blue"


THINGS = Table(
    "things",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("name", String(20)),
    Column("colour", String(20)),
    Column("is_new", Boolean),
    Column("at", Instant()),
)
C = THINGS.c
MIDNIGHT = datetime(2017, 3, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def connection():
    engine = create_engine("sqlite://")
    THINGS.metadata.create_all(engine)
    with engine.begin() as connection:
        rows = [
            ("Red 50% cup", "red", True, MIDNIGHT.replace(day=1, hour=23)),
            ("blue cup", "blue", False, MIDNIGHT),
            ("blue jug", "blue", True, MIDNIGHT.replace(day=3)),
        ]
        connection.execute(
            THINGS.insert(),
            [
                {"id": id_, "name": name, "colour": colour, "is_new": is_new, "at": at}
                for id_, (name, colour, is_new, at) in enumerate(rows, start=1)
            ],
        )
        yield connection
    engine.dispose()


@pytest.mark.parametrize(
    ("condition", "value", "ids"),
    [
        (filters.text(C.name), "blue cup", [2]),
        (filters.holding(C.name), " CUP", [1, 2]),
        (filters.holding(C.name), "%", [1]),
        (filters.one_of(C.colour, Colour), "blue", [2, 3]),
        (filters.flag(C.is_new), True, [1, 3]),
        (filters.flag(C.is_new), False, [2]),
        (filters.flag(C.id > 1), True, [2, 3]),
        (filters.flag(C.id > 1), False, [1]),
        (filters.at_least(C.id), 2, [2, 3]),
        (filters.before(C.at), "2017-03-02T00:00:00Z", [1]),
        (filters.before(C.at), "2017-03-02T02:00:00+01:00", [1, 2]),
        (filters.day(C.at), "2017-03-02", [2]),
    ],
)
def test_lets_through(connection, condition, value, ids):
    found = connection.scalars(select(C.id).where(condition(value)).order_by(C.id))

    assert found.all() == ids


@pytest.mark.parametrize(
    ("condition", "wrong"),
    [
        (filters.text(C.name), 1),
        (filters.text(C.name), None),
        (filters.holding(C.name), "  "),
        (filters.holding(C.name), 1),
        (filters.one_of(C.colour, Colour), "green"),
        (filters.one_of(C.colour, Colour), None),
        (filters.flag(C.is_new), 1),
        (filters.flag(C.is_new), "true"),
        (filters.at_least(C.id), True),
        (filters.at_least(C.id), 1.5),
        (filters.before(C.at), "2017-03-02T00:00:00"),
        (filters.before(C.at), "soon"),
        (filters.day(C.at), "2017-03-32"),
        (filters.day(C.at), "9999-12-31"),
    ],
)
def test_refuses(condition, wrong):
    with pytest.raises(Invalid) as refused:
        condition(wrong)

    assert refused.value.code == "record.filter_value"
