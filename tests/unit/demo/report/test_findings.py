"""What the departments found, as the page draws it: the figures are there, and in proportion."""

import re
from dataclasses import replace

import pytest

from demo.findings import Band, CallDay, Cell, Cube, Driver, Slot
from demo.report import answers, market, phones, words
from tests.support.findings import (
    a_call_day,
    a_campaign,
    a_cube,
    a_monitor,
    a_pyramid,
    a_satisfaction,
)


def sizes(drawing: str, kind: str) -> list[tuple[float, float]]:
    """Return width and height of the rectangles of a kind."""
    found = re.findall(rf'<rect class="{kind}"[^>]* width="([\d.]+)" height="([\d.]+)"', drawing)
    return [(float(width), float(height)) for width, height in found]


def texts(drawing: str) -> list[str]:
    """Return what a drawing or table says, piece by piece."""
    return [text for text in re.findall(r">([^<>]+)<", drawing) if text.strip()]


class TestPyramid:
    def test_shows_four_bands_of_the_whole_history(self) -> None:
        drawing = market.pyramid(a_pyramid(), "USD")

        shown = texts(drawing)
        for figure in ("8", "32", "119", "634", "1.0 %", "80 %", "$1,191,136.37", "52 %"):
            assert figure in shown

    def test_makes_each_step_as_wide_as_it_has_customers(self) -> None:
        drawing = market.pyramid(a_pyramid(), "USD")

        (major, _), (small, _) = sizes(drawing, "tier1")[0], sizes(drawing, "tier3")[0]
        assert major / small == pytest.approx(32 / 634, abs=0.001)

    def test_draws_nothing_where_there_is_nobody(self) -> None:
        bands = (Band("vip", 8, 600472, 1.0), Band("ordinary", 0, 0, 0.0))

        drawing = market.pyramid(replace(a_pyramid(), bands=bands), "USD")

        assert [width for width, _ in sizes(drawing, "tier1")] == [0.0, 0.0]

    def test_tells_it_to_those_who_cannot_see(self) -> None:
        assert 'aria-label="Pyramid of 793. VIP: 8 customers, 5.6 % of the spend; ' in (
            market.pyramid(a_pyramid(), "USD")
        )


class TestCube:
    def test_shows_each_total_at_its_own_grain(self) -> None:
        cells = [
            re.sub(r"<[^>]*>", " ", cell).split()
            for cell in re.findall(r"<td class=[^>]*>.*?</td>", market.cube(a_cube(), "USD"))
        ]

        assert len(cells) == 5 * 4
        assert cells[3] == ["$501,239.77", "629", "customers"]
        assert cells[-1] == ["$2,297,200.65", "793", "customers"]

    def test_says_that_distinct_customers_do_not_add_up(self) -> None:
        assert "the 4 regions count 2,501 between them, but only 793 are" in market.cube(
            a_cube(), "USD"
        )

    def test_says_nothing_where_they_do(self) -> None:
        cells = (
            Cell("West", "Desks", 5, 2), Cell("West", None, 5, 2), Cell(None, "Desks", 5, 2),
            Cell(None, None, 5, 2),
        )  # fmt: skip

        assert "do not" not in market.cube(Cube("2014-01-01", "2015-01-01", cells, ()), "USD")

    def test_is_hottest_where_most_was_sold_and_totals_are_cold(self) -> None:
        heats = [float(h) for h in re.findall(r"--heat:([\d.]+)%", market.cube(a_cube(), "USD"))]

        assert max(heats) == heats[6] == 45.0  # East, Technology
        assert heats[3::4] == [0.0] * 5
        assert heats[16:] == [0.0] * 4

    def test_keeps_the_place_of_a_cell_without_sales(self) -> None:
        cells = tuple(c for c in a_cube().cells if (c.region, c.category) != ("West", "Furniture"))

        table = market.cube(replace(a_cube(), cells=cells), "USD")

        assert len(re.findall(r"<td ", table)) == 5 * 4

    def test_draws_quarters_under_the_totals_of_their_years(self) -> None:
        drawing = market.quarters(a_cube(), "USD")

        assert len(sizes(drawing, "bar")) == 16
        assert "$733,215.05 · 693 customers" in texts(drawing)


class TestCalls:
    def test_stacks_what_became_of_the_calls_of_each_slot(self) -> None:
        slots = (Slot("09:00", 6, 3, 2, 12.0), Slot("09:15", 3, 3, 0, 4.0))

        drawing = phones.day_of_calls(a_call_day(slots=slots))

        (long, short), (gave_up,), (other,) = (
            [height for _, height in sizes(drawing, kind)]
            for kind in ("answered", "abandoned", "other")
        )
        assert long == pytest.approx(short, abs=0.2)
        assert (long + 1) / (gave_up + 1) == pytest.approx(3 / 2, abs=0.02)
        assert (gave_up + 1) / (other + 1) == pytest.approx(2, abs=0.03)

    def test_breaks_the_line_of_waits_where_nobody_called(self) -> None:
        drawing = phones.day_of_calls(a_call_day())

        (path,) = re.findall(r'<path class="line" d="([^"]+)"', drawing)
        assert path.count("M") == 2
        assert path.count("L") == 29

    def test_sums_the_day_and_weighs_the_waits_by_calls(self) -> None:
        slots = (Slot("09:00", 9, 9, 0, 10.0), Slot("09:15", 1, 0, 1, 30.0))

        shown = texts(phones.figures(a_call_day(slots=slots, service_level=0.9, note="")))

        assert shown == [
            "offered", "10", "answered", "9", "gave up", "1", "mean wait", "12 s",
            "answered within 20 s", "90 %", "answered", "gave up",
        ]  # fmt: skip

    def test_shows_a_day_on_which_nobody_called(self) -> None:
        day = CallDay("2017-12-29", (Slot("09:00", 0, 0, 0),), 20, None)

        assert sizes(phones.day_of_calls(day), "answered") == []
        assert words.NONE in texts(phones.figures(day))


class TestAnswers:
    def test_shows_where_less_was_perceived_than_expected(self) -> None:
        drawing = answers.satisfaction(a_satisfaction())

        assert re.findall(r'class="head end (\w+)"[^>]*>([^<]+)<', drawing) == [
            ("met", "+0.7"), ("met", "+0.9"), ("missed", "\N{MINUS SIGN}1.4"), ("met", "0.0"),
        ]  # fmt: skip
        assert "38 of 40 answered." in drawing

    def test_counts_one_answer_as_one(self) -> None:
        drivers = (Driver("price", 6.0, 5.0, 1), Driver("channel", 7.0, 8.0, 2))

        shown = texts(answers.satisfaction(a_satisfaction(drivers=drivers)))

        assert {"1 answer", "2 answers"} <= set(shown)

    def test_places_the_lowest_and_the_highest_mark_at_the_ends(self) -> None:
        drawing = answers.satisfaction(a_satisfaction())

        marks = re.findall(r'<text class="tick mid" x="([\d.]+)"[^>]*>(1|10)<', drawing)
        assert marks == [("210.0", "1"), ("780.0", "10")]

    def test_measures_fates_and_responses_by_the_members(self) -> None:
        shown = answers.campaign(a_campaign())

        assert re.findall(r"width:([\d.]+)%", shown)[:4] == ["75.64", "21.15", "3.21", "0.00"]
        assert {"Sent", "118", "Ordered", "21"} <= set(texts(shown))

    def test_marks_the_measure_that_differs(self) -> None:
        orders, lines, amount = a_monitor().measures
        shown = answers.monitor(
            a_monitor(measures=(orders, replace(lines, warehouse=9993), amount), lag_events=7),
            "USD",
        )

        assert re.findall(r'aria-label="(equal|different)"', shown) == [
            "equal", "different", "equal",
        ]  # fmt: skip
        assert "9,993" in texts(shown)
        assert "7 events (0.2 s) behind the log, 0 gaps, 250 duplicates dropped" in shown

    def test_shows_nothing_of_what_did_not_run(self) -> None:
        assert [
            market.pyramid(None, "USD"), market.cube(None, "USD"), market.quarters(None, "USD"),
            phones.figures(None), phones.day_of_calls(None), answers.satisfaction(None),
            answers.campaign(None), answers.monitor(None, "USD"),
        ] == [""] * 8  # fmt: skip

    def test_cannot_be_tricked_by_a_title(self) -> None:
        shown = answers.campaign(a_campaign(title="<script>x</script>", note="<b>"))

        assert "<script>" not in shown
        assert "<b>" not in shown
