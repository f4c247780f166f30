"""Where the log has a hole: it is noted once, and known after a restart."""

from services.analytics.warehouse import progress
from tests.support.warehouse import a_warehouse, an_order, landed, message, rows


class TestPlace:
    def test_is_the_newest_life_of_its_stream(self) -> None:
        con = a_warehouse()
        first = progress.begin(con, "crm.log", "first")
        other = progress.begin(con, "another", "first")
        second = progress.begin(con, "crm.log", "made anew")

        assert progress.current(con, "crm.log") == second
        assert progress.current(con, "another") == other
        assert (first.ordinal, second.ordinal, other.ordinal) == (1, 2, 1)
        assert second.offset is None
        assert first.incarnation != second.incarnation

    def test_knows_where_the_log_goes_on_behind_a_gap(self) -> None:
        con = a_warehouse()
        landed(con, [message(an_order(1))])
        place = progress.current(con, "crm.log")
        assert place is not None

        news = [progress.note_gap(con, place, 1, 40) for _ in range(2)]

        assert news == [True, False]
        assert progress.beyond_gap(con, place) == 40
        assert progress.beyond_gap(con, place.at(40)) is None
        assert rows(con, "SELECT expected, found FROM gap") == [(1, 40)]
