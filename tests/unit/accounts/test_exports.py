import csv
import io

import pytest

from services.accounts.domain import exports, vcards
from services.accounts.domain.exports import (
    ColumnForbidden,
    ExportKind,
    Format,
    PeopleOnly,
    UnknownColumn,
    Wanted,
)

EVERYTHING = set(exports.NEEDS.values())


class TestPainPoint25FormulaInjection:
    """A cell that looks like a formula is text, and comes back as it was (pain point 25)."""

    @pytest.mark.parametrize(
        "cell",
        [
            "=cmd|' /C calc'!A0", "+86 139 1234 5678", "-1+1", "@SUM(1+1)", "\t=1", "\r=1",
            "\n=1", "\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20A1", '=HYPERLINK("http://x")',
        ],
    )  # fmt: skip
    def test_is_marked_and_unmarked_again(self, cell: str) -> None:
        marked = exports.neutral(cell)

        assert marked == "'" + cell
        assert exports.unmarked(marked) == cell

    @pytest.mark.parametrize("cell", ["", "Ann Lee", "李雷", "'t Hooft", "a=b", "13912345678"])
    def test_leaves_everything_else_alone(self, cell: str) -> None:
        assert exports.neutral(cell) == cell
        assert exports.unmarked(cell) == cell

    def test_only_the_spreadsheet_form_is_marked(self) -> None:
        assert exports.line(Format.DATA, ["=1", 'a"b']) == '=1,"a""b"\r\n'
        assert exports.line(Format.EXCEL, ["=1", "a"]) == "'=1,a\r\n"


class TestHead:
    def test_only_the_spreadsheet_form_begins_with_the_byte_order_mark(self) -> None:
        assert exports.head(Format.EXCEL, ("name", "phone")) == "\ufeffname,phone\r\n"
        assert exports.head(Format.DATA, ("name", "phone")) == "name,phone\r\n"
        assert exports.head(Format.VCARD, ("name", "phone")) == ""


class TestChosenColumns:
    def test_are_all_that_may_be_read_and_the_others_are_named(self) -> None:
        columns, left_out = exports.chosen_columns(Wanted(), EVERYTHING - {"score.read"})

        assert left_out == ("tier", "tier_rank")
        assert not {"tier", "tier_rank"} & set(columns)
        assert {"name", "phone", "owner_id"} <= set(columns)

    def test_are_those_named_in_their_order(self) -> None:
        wanted = Wanted(columns=("phone", "name", "phone"))

        assert exports.chosen_columns(wanted, EVERYTHING) == (("phone", "name"), ())

    def test_refuse_what_may_not_be_read_and_what_is_none(self) -> None:
        with pytest.raises(ColumnForbidden) as forbidden:
            exports.chosen_columns(Wanted(columns=("name", "tier")), set())
        with pytest.raises(UnknownColumn):
            exports.chosen_columns(Wanted(columns=("name", "shoe_size")), EVERYTHING)
        with pytest.raises(UnknownColumn):
            exports.chosen_columns(Wanted(ExportKind.CONTACT, columns=("tier",)), EVERYTHING)

        assert forbidden.value.detail == {"columns": ["tier"]}

    def test_of_custom_fields_take_a_right_of_their_own(self) -> None:
        custom = ("custom.hobby",)

        columns, _ = exports.chosen_columns(Wanted(), EVERYTHING, custom)
        _, left_out = exports.chosen_columns(Wanted(), EVERYTHING - {"field.read"}, custom)

        assert columns[-1] == "custom.hobby"
        assert left_out == custom

    def test_of_a_card_hold_who_it_is(self) -> None:
        wanted = Wanted(format=Format.VCARD, columns=("email",))

        assert exports.chosen_columns(wanted, EVERYTHING) == (("id", "name", "email"), ())


class TestNarrowed:
    def test_a_card_is_of_a_person(self) -> None:
        asked = Wanted(format=Format.VCARD, filters={"segment": "A"})

        assert exports.narrowed(asked) == {"segment": "A", "kind": "person"}
        with pytest.raises(PeopleOnly):
            exports.narrowed(Wanted(format=Format.VCARD, filters={"kind": "organisation"}))


class TestVCard:
    def test_is_what_the_standard_says(self) -> None:
        person = {
            "id": "c-1", "updated_at": "2026-11-30T12:00:00.000000Z", "name": "Lee, Ann; jr.",
            "email": "ann@lee.org", "customer": "Lee\\Sons", "role": "Buyer", "language": "zh-CN",
            "city": "Rye", "state": "New York", "postal_code": "10580", "country": "US",
        }  # fmt: skip

        card = vcards.card(person, "+12125550123")

        assert card.split("\r\n") == [
            "BEGIN:VCARD", "VERSION:4.0", "KIND:individual", "UID;VALUE=text:c-1",
            "FN:Lee\\, Ann\\; jr.", "EMAIL:ann@lee.org", "ORG:Lee\\\\Sons", "ROLE:Buyer",
            "TEL;VALUE=uri:tel:+12125550123", "LANG:zh-CN", "ADR:;;;Rye;New York;10580;US",
            "REV:20261130T120000Z", "END:VCARD", "",
        ]  # fmt: skip

    def test_a_phone_that_cannot_be_dialled_is_text(self) -> None:
        card = vcards.card({"id": "c", "name": "Ann", "phone": "ext. 12"}, None)

        assert "TEL;VALUE=text:ext. 12\r\n" in card

    def test_a_line_end_inside_a_value_ends_no_line(self) -> None:
        assert vcards.escaped("a\r\nEND:VCARD") == "a\\nEND:VCARD"

    @pytest.mark.parametrize("name", ["x" * 500, "王小明" * 60, "é" * 74, "x" * 72])
    def test_lines_have_at_most_75_octets_and_unfold_to_what_they_were(self, name: str) -> None:
        folded = vcards.folded(f"FN:{name}")

        lines = folded.split("\r\n")
        assert max(len(line.encode()) for line in lines) <= 75
        assert all(line.startswith(" ") for line in lines[1:])
        assert folded.replace("\r\n ", "") == f"FN:{name}"


class TestText:
    def test_a_row_reads_back(self) -> None:
        cells = ["a,b", 'say "hi"', "line\r\nend", "李雷"]

        line = exports.line(Format.DATA, cells)

        assert next(csv.reader(io.StringIO(line, newline=""))) == cells
