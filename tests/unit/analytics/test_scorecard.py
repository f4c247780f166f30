"""The scorecard of leads: features from any order of signals, points with their reasons."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.analytics.domain import scorecard
from services.analytics.domain.leads import Sign, Signal, features, telling_tag
from services.analytics.domain.scorecard import POINTS, Point

ALL = [
    Signal(Sign.CREATED, 1, "web"),
    Signal(Sign.ASSIGNED, 2, "rotation"),
    Signal(Sign.PLANNED, 3),
    Signal(Sign.OVERDUE, 4, "2"),
    Signal(Sign.TAGGED, 4, "hot"),
    Signal(Sign.QUALIFIED, 5),
    Signal(Sign.CONVERTED, 6),
    Signal(Sign.CHANCE, 1, "20"),
    Signal(Sign.CHANCE, 7, "80"),
    Signal(Sign.QUOTED, 2),
]


class TestFeatures:
    @given(st.permutations(ALL))
    def test_follow_from_the_set_of_signals_alone(self, shuffled):
        assert features(shuffled) == features(ALL)

    def test_of_a_lead_that_just_came_in(self):
        assert features([Signal(Sign.CREATED, 1, "fair")]) == {
            "source": "fair", "known_customer": "no", "owner": "nobody", "next_action": "none",
            "qualified": "no", "opportunity": "none", "quote": "none", "campaign_response": "no",
            "tag": "none",
            "answered_call": "no", "outcome": "open",
        }  # fmt: skip

    def test_an_action_that_was_planned_after_the_reminders_is_planned(self):
        late = [Signal(Sign.OVERDUE, 4, "3"), Signal(Sign.PLANNED, 3)]
        planned = [Signal(Sign.OVERDUE, 4, "3"), Signal(Sign.PLANNED, 5)]

        assert features(late)["next_action"] == "overdue_3"
        assert features(planned)["next_action"] == "planned"

    def test_more_reminders_than_the_card_counts_are_one_class(self):
        assert features([Signal(Sign.OVERDUE, 4, "17")])["next_action"] == "overdue_4+"

    def test_the_best_of_several_opportunities_counts(self):
        several = [Signal(Sign.CHANCE, 9, "10"), Signal(Sign.CHANCE, 1, "90")]

        assert features(several)["opportunity"] == "90_or_more"

    @pytest.mark.parametrize(
        ("sign", "outcome"),
        [(Sign.WON, "won"), (Sign.LOST, "lost"), (Sign.DISQUALIFIED, "disqualified")],
    )
    def test_nothing_but_its_end_counts_once_it_is_known(self, sign, outcome):
        assert features([*ALL, Signal(sign, 9, "no_budget")]) == {"outcome": outcome}

    @pytest.mark.parametrize(
        ("chance", "word"),
        [
            (0, "below_30"),
            (30, "30_to_59"),
            (59, "30_to_59"),
            (60, "60_to_89"),
            (100, "90_or_more"),
        ],
    )
    def test_sorts_a_chance_into_its_class(self, chance, word):
        assert features([Signal(Sign.CHANCE, 1, str(chance))])["opportunity"] == word

    def test_a_source_that_the_card_does_not_know_is_another(self):
        assert features([Signal(Sign.CREATED, 1, "carrier_pigeon")])["source"] == "other"


class TestTellingTag:
    @pytest.mark.parametrize(
        ("tags", "word"),
        [
            (("golf", "hot", "warm"), "hot"),
            (("cold", "warm"), "cold"),
            (("cold", "hot"), "cold"),  # of two that say as much, the worse
            (("golf",), "none"),
            ((), "none"),
        ],
    )
    def test_is_the_one_that_says_most(self, tags, word):
        assert telling_tag(tags) == word

    def test_the_words_that_were_told_last_count(self):
        told = [Signal(Sign.TAGGED, 7, "none"), Signal(Sign.TAGGED, 4, "hot")]

        assert features(told)["tag"] == "none"


class TestScore:
    def test_begins_at_neutral_and_adds_up_with_the_strongest_reason_first(self):
        scored = scorecard.score(
            {"source": "referral", "qualified": "yes", "owner": "nobody", "quote": "none"}
        )

        assert scored.score == 50 + 14 + 14 - 6
        assert scored.reasons == (
            Point("qualified", "yes", 14),
            Point("source", "referral", 14),
            Point("owner", "nobody", -6),
        )

    def test_stays_between_nothing_and_a_hundred(self):
        assert scorecard.score({"outcome": "won", "source": "referral"}).score == 100
        assert scorecard.score({"outcome": "lost"}).score == 0

    def test_of_nothing_is_neutral_without_a_reason(self):
        assert scorecard.score({}) == scorecard.Score(50, ())

    def test_a_value_that_the_card_does_not_know_says_nothing(self):
        assert scorecard.score({"source": "telepathy"}) == scorecard.Score(50, ())

    def test_every_feature_that_can_come_is_on_the_card(self):
        sources = [[Signal(Sign.CREATED, 1, source)] for source in POINTS["source"]]
        others = [[one] for one in ALL]

        for signals in itertools.chain(sources, others):
            for name, value in features(signals).items():
                assert value in POINTS[name], f"{name}={value}"

    def test_each_step_taken_is_worth_more_than_waiting(self):
        ladder = [scorecard.score(features(ALL[:count])).score for count in (1, 2, 3)]
        overdue = scorecard.score(features(ALL[:4])).score

        assert ladder == sorted(ladder)
        assert overdue < ladder[-1]
