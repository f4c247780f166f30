import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from demo.report import render, words
from demo.result import Check, Fact, Form, Panel, Section, Stage, Table
from demo.result_json import to_dict
from tests.support.findings import findings
from tests.support.results import a_card, a_result, an_order_flow

VOID = {"meta", "link", "br", "img"}


class Outline(HTMLParser):
    """Note the headings, and every tag that does not close where it should."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.headings: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Pass over a tag that closes itself."""

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("h1", "h2"):
            self.headings.append(data)


def outline(page: str) -> Outline:
    found = Outline()
    found.feed(page)
    return found


class TestRender:
    def test_says_the_verdict_first(self) -> None:
        good = render(to_dict(a_result()))
        bad = render(to_dict(a_result(flows=(an_order_flow(sent=(5000, 9994, 1)),))))

        assert outline(good).headings[0] == "Everything reconciles"
        assert outline(bad).headings[0] == "It does not reconcile"
        assert "sent has 5000 orders, not 5009 orders." in bad

    def test_shows_every_chapter(self) -> None:
        found = outline(render(to_dict(a_result())))

        assert found.headings[1:] == [
            "Reconciliation",
            "Orders over time",
            "From lead to money",
            "How fast it arrives",
            "What the bus had to cope with",
            "The import, with faults planted in it",
            "One customer, seen by all",
            "What else was tried",
            "Where the time went",
        ]

    def test_shows_every_chapter_of_the_departments_in_between(self) -> None:
        found = outline(render(to_dict(a_result(findings=findings()))))

        assert (found.wrong, found.open) == ([], [])
        assert found.headings[3:11] == [
            "From lead to money",
            "The customer pyramid",
            "What was sold where",
            "A day of calls",
            "Satisfaction",
            "The campaign",
            "The warehouse against the books",
            "How fast it arrives",
        ]

    def test_shows_a_result_that_was_written_before_the_departments_joined(self) -> None:
        data = to_dict(a_result())
        del data["findings"]
        for stage in data["funnel"]:
            del stage["warehouse"]

        assert render(data) == render(to_dict(a_result()))

    def test_shows_how_the_warehouse_counts_the_funnel(self) -> None:
        stages = (Stage("Won", 11, 11, warehouse=11), Stage("Ordered", 11, 11, warehouse=10))

        page = render(to_dict(a_result(funnel=stages)))

        assert re.findall(r'aria-label="(\w+)">.</span>(\d+) in warehouse', page) == [
            ("equal", "11"), ("different", "10"),
        ]  # fmt: skip
        assert "Funnel: ordered is 10 in the warehouse, not 11." in page

    def test_shows_the_figures(self) -> None:
        page = render(to_dict(a_result()))

        for figure in ("5,009", "9,994", "$2,297,200.65", "9.40 ms", "118 ms", "$733,215.05"):
            assert figure in page

    def test_is_well_formed_and_alone(self) -> None:
        page = render(to_dict(a_result()))
        found = outline(page)

        assert (found.wrong, found.open) == ([], [])
        assert len(found.ids) == len(set(found.ids))
        assert not re.search(r"(?:src|href)=.?(?:https?:|//|/)|url\(|@import|<script", page)

    def test_tells_drawings_to_those_who_cannot_see_them(self) -> None:
        page = render(to_dict(a_result()))

        drawings = re.findall(r'<svg viewBox="0 0 960 [^>]*>', page)
        assert len(drawings) == 4
        assert all('role="img" aria-label="' in drawing for drawing in drawings)

    def test_says_of_a_section_without_anything_that_there_is_nothing_yet(self) -> None:
        orders = Section("sales", "Orders", None, 0.0, (), Table(("Day", "Order", "Amount"), ()))

        page = render(to_dict(a_result(cards=(a_card(sections=(orders,)),))))

        assert "nothing yet" in page
        assert '<th scope="col">Day</th>' not in page

    def test_cannot_be_tricked_by_what_it_shows(self) -> None:
        name = '<script>alert("x")</script> $style'

        page = render(to_dict(a_result(cards=(a_card(name=name),))))

        assert "<script>" not in page
        assert "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; $style" in page

    def test_shows_the_chapter_of_a_later_department(self) -> None:
        panel = Panel(
            "Complaints",
            "How long they took.",
            facts=(Fact("Closed", 1200, Form.COUNT),),
            checks=(Check("Every deadline was kept", passed=True),),
        )

        page = render(to_dict(a_result(panels=(panel,))))

        assert "Complaints" in outline(page).headings
        assert "1,200" in page

    def test_does_without_what_is_not_there(self) -> None:
        bare = replace(
            a_result(), flows=(), months=(), funnel=(), latencies=(), counters=(), cards=(),
            checks=(), steps=(),
        )  # fmt: skip

        found = outline(render(to_dict(bare)))

        assert found.wrong == []
        assert found.headings == ["Everything reconciles", "The import, with faults planted in it"]


class TestWords:
    @pytest.mark.parametrize(
        ("minor", "currency", "told"),
        [
            (229720065, "USD", "$2,297,200.65"),
            (5, "EUR", "€0.05"),
            (1234, "JPY", "¥1,234"),
            (1234, "KWD", "KWD 1.234"),
            (-150, "USD", "\N{MINUS SIGN}$1.50"),
        ],
    )
    def test_writes_money_by_its_exponent(self, minor: int, currency: str, told: str) -> None:
        assert words.money(minor, currency) == told

    def test_writes_durations_for_people(self) -> None:
        assert [words.milliseconds(v) for v in (0.84, 12.34, 430.0, 1620.0)] == [
            "0.84 ms", "12.3 ms", "430 ms", "1.62 s",
        ]  # fmt: skip
        assert [words.seconds(v) for v in (0.4, 48.0, 125.0, 10800.0)] == [
            "0.4 s", "48 s", "2 min 05 s", "3 h",
        ]  # fmt: skip

    def test_says_how_old_a_section_is(self) -> None:
        assert [words.freshness(v) for v in (0.0, 0.04, 31.0, 86_400.0, 442_812.0)] == [
            "as of now", "as of now", "31 s old", "1 day old", "5 days old",
        ]  # fmt: skip

    def test_writes_each_step_of_an_axis_as_it_is(self) -> None:
        assert [words.brief_money(v * 100, "USD") for v in (250, 2_500, 7_500, 2_300_000)] == [
            "$250", "$2.5k", "$7.5k", "$2.3M",
        ]  # fmt: skip
