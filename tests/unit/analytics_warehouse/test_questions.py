"""The questions that the file alone can answer."""

from chassis.schemas import loaded
from services.analytics.warehouse.questions import QUESTIONS
from tests.support.warehouse import NOON, a_warehouse


class TestGaps:
    def test_are_listed_by_pages_and_none_is_left_out(self) -> None:
        con, question = a_warehouse(), QUESTIONS["gaps"]
        con.execute(
            "INSERT INTO gap SELECT 'one', 10 * n, 10 * n + 3, ? FROM range(1200) AS of(n)", [NOON]
        )

        found, after = [], -1
        while page := question.run(con, loaded(question.accepts, {"after": after, "limit": 500})):
            found += page
            after = page[-1]["place"]

        assert [one["expected"] for one in found] == [10 * n for n in range(1200)]
        assert {one["missing"] for one in found} == {3}
