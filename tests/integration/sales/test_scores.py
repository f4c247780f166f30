"""How promising a lead is: kept beside it, shown with its reasons, in nobody's way."""

from datetime import timedelta

import pytest

from chassis.errors import Invalid, Unavailable
from contracts.analytics import LeadScored, Reason
from services.sales.tables import Lead, LeadScore
from tests.support.leads import capture
from tests.support.sales import DAY


@pytest.fixture
def sales(linked):
    """Sales with accounts next door."""
    return linked


def score(sales, lead_id, points, **fields):
    """Let sales hear of a score."""
    told = {
        "score_id": "s1", "reasons": (Reason(feature="source", value="web", points=points),),
        "method": "points.v1", "trigger_id": "e1", "trigger_type": "sales.lead.created.v1",
        "as_of": DAY, "version": 1,
    }  # fmt: skip
    sales.hear("lead_scores", LeadScored(lead_id=lead_id, score=points, **told | fields))


def found(sales, token, **asked):
    """Return the scores of a page of leads."""
    page = sales.call("find_records", token, kind="lead", **asked)
    return [lead["score"] for lead in page["items"]], page["next"]


class TestLeadScore:
    def test_is_shown_with_its_reasons(self, sales, director):
        lead_id = capture(sales, director)["lead_id"]

        score(sales, lead_id, 40)

        shown = sales.call("get_record", director, kind="lead", id=lead_id)
        assert (shown["score"], shown["scored_at"]) == (40, "2017-03-01T09:00:00.000000Z")
        assert shown["score_reasons"] == [{"feature": "source", "value": "web", "points": 40}]

    def test_is_zero_without_reasons_before_the_first(self, sales, director):
        lead_id = capture(sales, director)["lead_id"]

        shown = sales.call("get_record", director, kind="lead", id=lead_id)

        assert (shown["score"], shown["score_reasons"], shown["scored_at"]) == (0, None, None)

    def test_the_latest_stands_whatever_comes_when(self, sales, director):
        lead_id = capture(sales, director)["lead_id"]

        score(sales, lead_id, 40, score_id="s8", version=2, as_of=DAY)
        score(sales, lead_id, 10, score_id="s9", version=1, as_of=DAY + timedelta(hours=2))
        first = sales.call("get_record", director, kind="lead", id=lead_id)["score"]
        score(sales, lead_id, 55, score_id="s3", version=3, as_of=DAY - timedelta(hours=2))

        (stored,) = sales.rows(LeadScore)
        assert (first, stored.score, stored.score_id, stored.version) == (40, 55, "s3", 3)

    def test_makes_nobody_read_the_lead_again(self, sales, director):
        lead = capture(sales, director)

        score(sales, lead["lead_id"], 40)
        qualified = sales.call(
            "qualify_lead", director, lead_id=lead["lead_id"], version=lead["version"]
        )

        assert qualified["score"] == 40
        assert sales.rows(Lead)[0].version == lead["version"] + 1

    def test_waits_for_a_lead_that_is_not_known_yet(self, sales):
        with pytest.raises(Unavailable):
            score(sales, "nobody-yet", 40)

        assert sales.rows(LeadScore) == []

    def test_sorts_and_filters_pages_of_leads(self, sales, director):
        for number, points in enumerate((20, 90, None, 20, 50)):
            id_ = capture(sales, director, name=f"L{number} Lead")["lead_id"]
            if points is not None:
                score(sales, id_, points)

        pages, cursor = [], None
        while cursor is not None or not pages:
            scores, cursor = found(
                sales, director, sort="score", descending=True, limit=2, after=cursor
            )
            pages.append(scores)

        assert pages == [[90, 50], [20, 20], [0]]
        assert found(sales, director, filters={"score_at_least": 50}, sort="score")[0] == [50, 90]
        with pytest.raises(Invalid):
            found(sales, director, filters={"score_at_least": "50"})
