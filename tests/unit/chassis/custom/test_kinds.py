"""Definitions of custom fields: what contradicts itself is refused."""

import time

import pytest

from chassis.custom.index import places, sole
from chassis.custom.kinds import Definition, FieldType, Option, Rules, check
from chassis.custom.reading import read
from chassis.errors import Invalid

LEVELS = tuple(Option(f"l{n}", f"Level {n}", f"l{n - 1}" if n > 1 else None) for n in range(1, 8))


def a_field(type_: str, **details: object) -> Definition:
    return Definition(**{"key": "it", "type": FieldType(type_)} | details)


class TestCheck:
    @pytest.mark.parametrize(
        "field",
        [
            a_field("text", unique=True, rules=Rules(max_length=200, pattern="[a-z]+-[0-9]{4}")),
            a_field("text", rules=Rules(max_length=40, pattern=r"\+?[0-9]{8,15}")),
            a_field("tree", options=LEVELS[:6], searchable=True),
            a_field("reference", refers_to="customer", unique=True),
            a_field("money", rules=Rules(min="0"), default={"amount_minor": 1, "currency": "EUR"}),
        ],
    )
    def test_takes_what_makes_sense(self, field: Definition) -> None:
        check(field)

    @pytest.mark.parametrize(
        "field",
        [
            a_field("text", key="Capital"),
            a_field("text", key="x" * 33),
            a_field("enum"),
            a_field("text", options=LEVELS[:1]),
            a_field("enum", options=(Option("a", "A"), Option("a", "B"))),
            a_field("enum", options=(Option("a", "A"), Option("b", "B", "a"))),
            a_field("tree", options=(Option("b", "B", "a"), Option("a", "A"))),
            a_field("tree", options=LEVELS),
            a_field("enum", options=tuple(Option(f"o{n}", "O") for n in range(501))),
            a_field("reference"),
            a_field("text", refers_to="customer"),
            a_field("boolean", unique=True),
            a_field("text", unique=True, default="x"),
            a_field("reference", refers_to="customer", default="x"),
            a_field("text", rules=Rules(min="1")),
            a_field("number", rules=Rules(max_length=3)),
            a_field("text", rules=Rules(min_length=5, max_length=4)),
            a_field("text", searchable=True, rules=Rules(max_length=201)),
            a_field("text", rules=Rules(pattern="[a-z]+")),
            a_field("text", rules=Rules(max_length=40, pattern="(a+)+")),
            a_field("text", rules=Rules(max_length=40, pattern="a|b")),
            a_field("text", rules=Rules(max_length=40, pattern="a*b*c*d*")),
            a_field("text", rules=Rules(max_length=40, pattern="a++")),
            a_field("text", rules=Rules(max_length=40, pattern="[z-a]")),
        ],
    )
    def test_refuses_what_contradicts_itself(self, field: Definition) -> None:
        with pytest.raises(Invalid) as refused:
            check(field)

        assert refused.value.code == "custom.definition"

    def test_the_slowest_pattern_that_is_taken_does_not_hold_up_the_house(self) -> None:
        field = a_field("text", rules=Rules(max_length=200, pattern="a*a*a*b"))
        check(field)
        before = time.monotonic()

        with pytest.raises(Invalid, match="shape"):
            read(field, "a" * 200)

        assert time.monotonic() - before < 60


class TestPlaces:
    @pytest.mark.parametrize(
        ("field", "value", "found"),
        [
            (a_field("text"), "\uff21Straße", [("astrasse", 0)]),
            (a_field("number"), "-1.5", [("", -1_500_000)]),
            (a_field("number"), "999999999999.999999", [("", 999_999_999_999_999_999)]),
            (a_field("money"), {"amount_minor": 5, "currency": "JPY"}, [("JPY", 5)]),
            (a_field("date"), "1970-01-01", [("", 719_163)]),
            (a_field("instant"), "1969-12-31T23:59:59.999999Z", [("", -1)]),
            (a_field("boolean"), True, [("", 1)]),
            (a_field("multi_enum"), ["a", "b"], [("a", 0), ("b", 0)]),
            (a_field("tree"), "l1/l2/l3", [("l3", 0), ("l2", 0), ("l1", 0)]),
            (a_field("reference"), "Id", [("Id", 0)]),
        ],
    )
    def test_say_where_a_value_is_found(
        self, field: Definition, value: object, found: list[tuple[str, int]]
    ) -> None:
        assert places(field, value) == found

    def test_of_a_text_capitals_do_not_make_another(self) -> None:
        field = a_field("text", unique=True)

        assert sole(field, "AB-1") == sole(field, "ab-1") != sole(field, "ab-2")
        assert sole(a_field("reference"), "A") != sole(a_field("reference"), "a")
