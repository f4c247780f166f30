"""Values of custom fields as they are read: by entry, change, import and filter alike."""

import pytest

from chassis.custom.kinds import Definition, FieldType, Option, Rules
from chassis.custom.reading import from_text, read, to_text
from chassis.errors import Invalid

OPTIONS = (
    Option("red", "Red"),
    Option("blue", "Blue"),
    Option("puce", "Puce", active=False),
    Option("crimson", "Crimson", "red"),
)


def a_field(type_: str, **details: object) -> Definition:
    return Definition(key="it", type=FieldType(type_), **details)


class TestRead:
    @pytest.mark.parametrize(
        ("type_", "given", "stored"),
        [
            ("text", "  two words\nand a line ", "two words\nand a line"),
            ("number", "12.50", "12.5"),
            ("number", 7, "7"),
            ("number", "-0.000001", "-0.000001"),
            ("number", "1e3", "1000"),
            ("number", "-0", "0"),
            (
                "money",
                {"amount_minor": 1250, "currency": "EUR"},
                {"amount_minor": 1250, "currency": "EUR"},
            ),
            ("date", "2024-02-29", "2024-02-29"),
            ("instant", "2024-01-31T12:00:00+08:00", "2024-01-31T04:00:00.000000Z"),
            ("boolean", False, False),
            ("enum", "red", "red"),
            ("multi_enum", ["blue", "red", "blue"], ["red", "blue"]),
            ("tree", "blue", "blue"),
            ("tree", "crimson", "red/crimson"),
            ("tree", "red/crimson", "red/crimson"),
            ("reference", "0190-abc", "0190-abc"),
        ],
    )
    def test_stores_a_value_in_one_form(self, type_: str, given: object, stored: object) -> None:
        options = OPTIONS if type_ in {"enum", "multi_enum", "tree"} else ()

        value = read(a_field(type_, options=options), given)

        assert value == stored
        assert type(value) is type(stored)

    @pytest.mark.parametrize(
        ("type_", "given"),
        [
            ("text", 7),
            ("text", "bell\x07"),
            ("number", True),
            ("number", "twelve"),
            ("number", "NaN"),
            ("number", "Infinity"),
            ("number", "0.0000001"),
            ("number", "1000000000000"),
            ("number", "1e999999999"),
            ("number", "0.0000010000000000000000000000001"),
            ("money", {"amount_minor": 12.5, "currency": "EUR"}),
            ("money", {"amount_minor": True, "currency": "EUR"}),
            ("money", {"amount_minor": 1, "currency": "euro"}),
            ("money", {"amount_minor": 1, "currency": "EUR", "rate": 2}),
            ("money", "12.50"),
            ("date", "2023-02-29"),
            ("date", "20240101"),
            ("date", "0001-01-01"),
            ("instant", "2024-01-31T12:00:00"),
            ("instant", "9999-12-31T23:59:59-12:00"),
            ("boolean", "true"),
            ("boolean", 1),
            ("enum", "green"),
            ("enum", ["red"]),
            ("multi_enum", "red"),
            ("multi_enum", []),
            ("multi_enum", ["green"]),
            ("tree", "green"),
            ("tree", "blue/crimson"),
            ("tree", "red/"),
            ("reference", ""),
            ("reference", "x" * 65),
            ("reference", {"id": "x"}),
        ],
    )
    def test_refuses_another_type_naming_the_field_only(self, type_: str, given: object) -> None:
        options = OPTIONS if type_ in {"enum", "multi_enum", "tree"} else ()

        with pytest.raises(Invalid) as refused:
            read(a_field(type_, options=options), given)

        assert refused.value.code == "custom.wrong_type"
        assert refused.value.detail == {"field": "it"}
        assert "green" not in refused.value.message

    @pytest.mark.parametrize(
        ("field", "given", "code"),
        [
            (a_field("text", rules=Rules(max_length=3)), "four", "custom.length"),
            (a_field("text", rules=Rules(min_length=3)), "ab", "custom.length"),
            (a_field("text"), "  ", "custom.length"),
            (a_field("text", unique=True), "x" * 201, "custom.length"),
            (a_field("text", rules=Rules(pattern="[A-Z]{2}[0-9]+")), "A1", "custom.pattern"),
            (a_field("text", rules=Rules(pattern="[A-Z]{2}[0-9]+")), "AB1 ", None),
            (a_field("number", rules=Rules(min="0.5", max="2")), "0.4", "custom.out_of_range"),
            (a_field("number", rules=Rules(min="0.5", max="2")), "2.01", "custom.out_of_range"),
            (a_field("number", rules=Rules(min="0.5", max="2")), "2.0", None),
            (a_field("date", rules=Rules(min="2024-01-01")), "2023-12-31", "custom.out_of_range"),
            (a_field("enum", options=OPTIONS), "puce", "custom.option_retired"),
            (a_field("multi_enum", options=OPTIONS), ["red", "puce"], "custom.option_retired"),
            (a_field("tree", options=OPTIONS), "puce", "custom.option_retired"),
        ],
    )
    def test_holds_a_value_against_its_rules(
        self, field: Definition, given: object, code: str | None
    ) -> None:
        try:
            read(field, given)
            answered = None
        except Invalid as refused:
            answered = refused.code

        assert answered == code

    def test_bounds_money_in_whole_units_of_its_currency(self) -> None:
        field = a_field("money", rules=Rules(max="100"))

        taken = read(field, {"amount_minor": 100, "currency": "JPY"})

        assert taken == {"amount_minor": 100, "currency": "JPY"}
        with pytest.raises(Invalid, match="above the greatest"):
            read(field, {"amount_minor": 101, "currency": "JPY"})
        with pytest.raises(Invalid, match="above the greatest"):
            read(field, {"amount_minor": 10_001, "currency": "EUR"})


class TestFromText:
    @pytest.mark.parametrize(
        ("type_", "cell", "given"),
        [
            ("text", " x ", "x"),
            ("number", "1.5", "1.5"),
            ("boolean", "Yes", True),
            ("boolean", "0", False),
            ("boolean", "maybe", "maybe"),
            ("multi_enum", "red; blue ;", ["red", "blue"]),
            ("money", "12.50 EUR", {"amount_minor": 1250, "currency": "EUR"}),
            ("money", "1250 JPY", {"amount_minor": 1250, "currency": "JPY"}),
            ("money", "12.505 EUR", "12.505 EUR"),
            ("money", "12.50", "12.50"),
            ("money", "much EUR", "much EUR"),
        ],
    )
    def test_gives_what_a_cell_says(self, type_: str, cell: str, given: object) -> None:
        assert from_text(a_field(type_), cell) == given


class TestToText:
    @pytest.mark.parametrize(
        ("type_", "stored", "cell"),
        [
            ("text", "two, words", "two, words"),
            ("number", "-0.000001", "-0.000001"),
            ("money", {"amount_minor": -5, "currency": "EUR"}, "-0.05 EUR"),
            ("money", {"amount_minor": 1250, "currency": "JPY"}, "1250 JPY"),
            ("date", "2024-02-29", "2024-02-29"),
            ("instant", "2024-01-31T04:00:00.000001Z", "2024-01-31T04:00:00.000001Z"),
            ("boolean", False, "false"),
            ("boolean", True, "true"),
            ("enum", "red", "red"),
            ("multi_enum", ["red", "blue"], "red;blue"),
            ("tree", "red/crimson", "red/crimson"),
        ],
    )
    def test_writes_what_comes_back_as_it_was(self, type_: str, stored: object, cell: str) -> None:
        field = a_field(type_, options=OPTIONS if "enum" in type_ or type_ == "tree" else ())

        assert to_text(stored) == cell
        assert read(field, from_text(field, cell)) == stored

    def test_of_no_value_is_empty(self) -> None:
        assert to_text(None) == ""
