"""Scores of leads: after every event, with reasons, whatever the order."""

import itertools
import random

import pytest

from contracts import marketing, sales, telephony
from contracts.tagging import LeadTagged
from services.analytics.tables import LeadScore
from tests.support.analytics import NOW

LEAD = "l1"


def created(lead_id=LEAD, source="web", **fields):
    return sales.LeadCreated(lead_id=lead_id, version=1, source=source, status="new", **fields)


def assigned(reason="rotation"):
    return sales.LeadAssigned(
        lead_id=LEAD, version=2, previous_owner_id=None, owner_id="r1", team_id=None,
        territory_id=None, reason=reason,
    )  # fmt: skip


def tagged(version, *words):
    return LeadTagged(lead_id=LEAD, version=version, owner_id="r1", tags=words)


def overdue(version, reminders):
    return sales.LeadActionOverdue(
        lead_id=LEAD, version=version, owner_id="r1", due=NOW, reminders=reminders
    )


def opened(version=1, chance=10, lead_id=LEAD):
    return sales.OpportunityOpened(
        opportunity_id="o1", version=version, customer_id="c1", stage="prospecting",
        amount_minor=100, currency="USD", win_chance=chance, lead_id=lead_id,
    )  # fmt: skip


def moved(version, chance):
    return sales.OpportunityStageChanged(
        opportunity_id="o1", version=version, customer_id="c1", previous_stage="prospecting",
        stage="proposal", seconds_in_previous=1, win_chance=chance, amount_minor=100,
        currency="USD",
    )  # fmt: skip


def converted():
    return sales.LeadConverted(
        lead_id=LEAD, version=6, customer_id="c1", contact_id=None, opportunity_id="o1",
        customer_created=True, seconds_to_convert=60,
    )  # fmt: skip


def a_call(customer_id="c1", outcome="answered", call_id="k1"):
    return telephony.CallEnded(
        call_id=call_id, version=1, direction="inbound", outcome=outcome, started_at=NOW,
        ended_at=NOW, customer_id=customer_id,
    )  # fmt: skip


def corrected(customer_id, previous):
    return telephony.CallCorrected(
        call_id="k1", version=2, direction="inbound", outcome="answered", started_at=NOW,
        ended_at=NOW, customer_id=customer_id, previous_customer_id=previous,
    )  # fmt: skip


def a_response(response="asked"):
    return marketing.ResponseRecorded(
        response_id="x1", version=1, campaign_id="k", customer_id="c1", response=response, at=NOW
    )


# row, event; the opportunity's own story comes as the lead's does
STORY = [
    ("lead_facts", created()),
    ("lead_facts", assigned()),
    ("lead_facts", sales.LeadMatched(lead_id=LEAD, version=3, customer_id="c1")),
    ("lead_facts", overdue(4, 1)),
    ("lead_facts", sales.LeadQualified(lead_id=LEAD, version=5, owner_id="r1")),
    ("lead_words", tagged(6, "hot")),
    ("lead_facts", converted()),
    ("lead_facts", opened()),
    ("lead_facts", moved(2, 50)),
    ("lead_facts", moved(3, 80)),
    ("responses", a_response()),
    ("calls", a_call()),
]


@pytest.fixture
def hear(analytics):
    """Let analytics hear events of a lead; the row is found by the event."""
    sequences = itertools.count(1)

    def listen(*events):
        for event in events:
            row = next(
                name
                for name in ("lead_facts", "lead_words", "responses", "calls")
                if type(event) in {known.cls for known in analytics.page.rows[name].events}
            )
            analytics.hear(row, event, next(sequences))

    return listen


def scored(room):
    """Return what a lead is worth, without what came last."""
    return [(row.id, row.score, row.reasons) for row in room.rows(LeadScore)]


def told(room):
    """Return the scores that were told."""
    return room.told("analytics.lead.scored.v1")


class TestNoteLead:
    def test_scores_a_lead_that_came_in_with_reasons(self, analytics, hear):
        hear(created(source="referral"))

        (score,) = told(analytics)
        assert (score["lead_id"], score["score"], score["version"]) == (LEAD, 50 + 14 - 6, 1)
        assert score["reasons"] == [
            {"feature": "source", "value": "referral", "points": 14},
            {"feature": "owner", "value": "nobody", "points": -6},
        ]
        assert (score["trigger_type"], score["method"]) == (
            "sales.lead.created.v1", "lead_scorecard.v2",
        )  # fmt: skip
        assert score["as_of"] == "2018-01-01T09:00:00.000000Z"

    def test_tells_again_only_what_changed(self, analytics, hear):
        hear(created(), assigned(), assigned("rotation"), overdue(3, 5), overdue(4, 6))

        scores = [(one["score"], one["version"]) for one in told(analytics)]
        assert scores == [(48, 1), (56, 2), (34, 3)]
        assert len({one["score_id"] for one in told(analytics)}) == 3

    def test_any_order_of_a_story_ends_in_the_same_score(self, analytics, hear):
        hear(*(event for _, event in STORY))
        expected = [score for _, score, _ in scored(analytics)]
        reasons = scored(analytics)[0][2]
        shuffled = random.Random(7)  # noqa: S311 - only an order

        for number in range(5):
            other = [_renamed(event, str(number)) for _, event in STORY]
            shuffled.shuffle(other)
            hear(*other)

        everybody = scored(analytics)
        assert len(everybody) == 6
        assert {score for _, score, _ in everybody} == set(expected)
        assert all(row[2] == reasons for row in everybody)

    @pytest.mark.spec("ACC-32")
    def test_a_word_on_the_lead_counts_for_as_long_as_it_is_there(self, analytics, hear):
        hear(created(), tagged(3, "golf", "hot"))
        with_it = told(analytics)[-1]
        hear(tagged(5, "golf"), tagged(4, "cold"))

        assert {"feature": "tag", "value": "hot", "points": 8} in with_it["reasons"]
        assert [one["score"] for one in told(analytics)] == [48, 56, 48]

    def test_the_same_event_twice_is_one(self, analytics):
        for _ in range(2):
            analytics.hear("lead_facts", created(), id_="once")

        assert len(told(analytics)) == 1

    def test_a_later_chance_replaces_an_earlier_one_whichever_comes_last(self, analytics, hear):
        hear(created(), opened(), moved(3, 80), moved(2, 50))

        chances = [one["value"] for one in told(analytics)[-1]["reasons"]]
        assert "60_to_89" in chances

    def test_waits_with_telling_until_it_has_heard_of_the_capture(self, analytics, hear):
        hear(opened(), converted())
        assert told(analytics) == []

        hear(created())

        (score,) = told(analytics)
        assert {one["feature"] for one in score["reasons"]} >= {"opportunity", "outcome"}

    def test_an_opportunity_of_nobodys_lead_scores_nothing(self, analytics, hear):
        hear(created(), opened(lead_id=None), moved(2, 90))

        assert len(told(analytics)) == 1

    def test_a_lead_that_is_lost_is_worth_nothing(self, analytics, hear):
        hear(created(), sales.LeadDisqualified(lead_id=LEAD, version=2, reason="no_budget"))

        assert told(analytics)[-1]["score"] == 0
        assert told(analytics)[-1]["reasons"] == [
            {"feature": "outcome", "value": "disqualified", "points": -100}
        ]


class TestTouches:
    def test_move_the_leads_of_the_customer(self, analytics, hear):
        hear(created(matched_customer_id="c1"), created("l2"))
        before = len(told(analytics))

        hear(a_response(), a_call())

        moved_ = told(analytics)[before:]
        assert [(one["lead_id"], one["score"]) for one in moved_] == [(LEAD, 65), (LEAD, 68)]
        assert [one["trigger_type"] for one in moved_] == [
            "marketing.response.recorded.v1", "telephony.call.ended.v1",
        ]  # fmt: skip

    @pytest.mark.parametrize("order", [(0, 1), (1, 0)])
    def test_a_call_that_was_somebody_else_s_counts_for_them_alone(self, analytics, hear, order):
        calls = (a_call(), corrected("c2", previous="c1"))
        hear(created(matched_customer_id="c1"), created("l2", matched_customer_id="c2"))

        hear(*(calls[place] for place in order))

        assert {row.id: row.score for row in analytics.rows(LeadScore)} == {LEAD: 60, "l2": 63}

    def test_a_second_call_still_counts_when_the_first_was_somebody_else_s(self, analytics, hear):
        hear(created(matched_customer_id="c1"), a_call(), a_call(call_id="k2"))

        hear(corrected("c2", previous="c1"))

        assert [row.score for row in analytics.rows(LeadScore)] == [63]

    def test_that_show_no_interest_move_nothing(self, analytics, hear):
        hear(created(matched_customer_id="c1"))

        hear(a_response("unsubscribed"), a_call(outcome="abandoned"), a_call(customer_id=None))

        assert len(told(analytics)) == 1


class TestLeadScores:
    def test_are_found_by_what_they_are_worth_and_on_the_card(self, analytics, hear):
        analyst = analytics.person("a1", "data_analyst")
        hear(created(source="referral", matched_customer_id="c1"), created("l2", "list"))

        good = analytics.call("find_records", analyst, kind="lead_score", filters={"at_least": 60})
        card = analytics.call("customer_card", analyst, customer_id="c1")

        assert [one["id"] for one in good["items"]] == [LEAD]
        assert [one["lead_id"] for one in card["leads"]["items"]] == [LEAD]
        assert card["leads"]["items"][0]["score"] == 70


def _renamed(event, suffix):
    """Return the same story of another lead."""
    fields = {name: getattr(event, name) for name in type(event).__dataclass_fields__}
    for name in ("lead_id", "opportunity_id", "customer_id", "call_id"):
        if fields.get(name):
            fields[name] += f"-{suffix}"
    return type(event)(**fields)
