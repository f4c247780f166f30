"""Surveys: asked by a link, answered once."""

import pytest
from sqlalchemy import text

from chassis.errors import Conflict, Forbidden, Invalid, NotFound
from services.service_desk.tables import Survey, SurveyScore
from tests.support.sales import know_customer
from tests.support.service_desk import EXPECTED, answer, invite, token_of, told


def form(desk, token):
    return desk.ask("survey_form", desk.service("gateway"), {"token": token})


class TestInviting:
    @pytest.mark.parametrize("moment", ["pre_sale", "in_sale", "post_sale"])
    def test_tells_marketing_in_private_what_to_send(self, desk, agent, moment):
        survey = invite(desk, agent, moment=moment)

        (row,) = desk.outbox()
        assert row.exchange == "service_desk.private"
        (invited,) = told(desk, "survey.invited")
        assert (invited["template"], invited["expires_at"]) == (
            f"survey_{moment}", "2017-03-31T09:00:00.000000Z",
        )  # fmt: skip
        assert len(invited["token"]) >= 43  # 256 bits
        assert (survey["expires_at"], survey["answered_at"]) == (invited["expires_at"], None)
        asked = form(desk, invited["token"])
        assert asked["moment"] == moment
        assert asked["purpose"].startswith("We would like to know")
        assert "expected" in asked["invitation"]

    def test_keeps_only_a_digest_of_the_token(self, desk, agent):
        survey = invite(desk, agent)
        token = token_of(desk)
        with desk.runtime.database.begin() as session:
            session.execute(text("DELETE FROM outbox"))  # as the relay does

        assert token not in str(survey)
        tables = ("surveys", "audit", "idempotency", "timers", "processes")
        for table in tables:
            with desk.runtime.database.reading() as session:
                assert token not in str(session.execute(text(f"SELECT * FROM {table}")).all())
        record = desk.call("find_records", agent.token, kind="survey")["items"]
        assert "token" not in str(record)

    def test_no_two_links_are_the_same(self, desk, agent):
        for number in range(20):
            know_customer(desk, f"c{number}", sequence=2)
            invite(desk, agent, customer_id=f"c{number}")

        assert len({one["token"] for one in told(desk, "survey.invited")}) == 20

    def test_asks_the_same_only_again_when_the_first_has_run_out(self, desk, agent):
        invite(desk, agent)
        with pytest.raises(Conflict) as again:
            invite(desk, agent)
        desk.clock.pass_(days=30)

        assert again.value.code == "service_desk.survey.already_invited"
        assert invite(desk, agent)["customer_id"] == "c1"

    def test_refuses_strangers_and_other_peoples_cases(self, desk, agent):
        know_customer(desk, "c2")
        case = agent.open(customer_id="c2")

        with pytest.raises(NotFound):
            invite(desk, agent, customer_id="stranger")
        with pytest.raises(NotFound):
            invite(desk, agent, case_id="no-such-case")
        with pytest.raises(Invalid) as other:
            invite(desk, agent, case_id=case["id"])
        with pytest.raises(Forbidden):
            desk.call("invite_survey", desk.person("r1", "rep"), customer_id="c1",
                      moment="in_sale")  # fmt: skip
        assert other.value.code == "service_desk.survey.not_the_customers_case"
        assert told(desk, "survey.invited") == []


class TestTheForm:
    @pytest.mark.spec("SVC-21")
    def test_asks_for_every_driver_and_tells_nothing_personal(self, desk, agent):
        invite(desk, agent)

        asked = form(desk, token_of(desk))

        assert asked["drivers"] == [
            "product_features", "channel", "price", "staff_attitude", "service_philosophy",
            "public_image", "promotion",
        ]  # fmt: skip
        assert (asked["answered"], asked["least"], asked["most"]) == (False, 1, 10)
        assert set(asked) == {
            "answered", "moment", "purpose", "invitation", "least", "most", "drivers", "questions",
            "expires_at",
        }  # fmt: skip
        assert "Ada" not in str(asked)

    def test_an_unknown_and_an_expired_link_look_the_same(self, desk, agent):
        invite(desk, agent)
        token = token_of(desk)
        desk.clock.pass_(days=30)

        refused = []
        for tried in (token, "x" * 43, "'; DROP TABLE surveys; --", "ünïcode", "x" * 200):
            with pytest.raises(NotFound) as asked:
                form(desk, tried)
            with pytest.raises(NotFound) as answered:
                answer(desk, tried)
            refused += [asked.value, answered.value]

        said = {(one.code, one.message, str(one.detail)) for one in refused}
        assert said == {
            ("service_desk.survey.not_found", "This link leads to no survey, or its time is over.",
             "{}")
        }  # fmt: skip
        assert desk.rows(SurveyScore) == []

    def test_is_for_the_gateway_and_for_staff_with_the_right(self, desk, agent):
        invite(desk, agent)

        with pytest.raises(Forbidden):
            desk.ask("survey_form", desk.service("telephony"), {"token": token_of(desk)})
        with pytest.raises(Forbidden):
            desk.ask(
                "answer_survey", desk.person("r1", "rep"),
                {"token": token_of(desk), "expected": EXPECTED, "perceived": EXPECTED},
            )  # fmt: skip


class TestAnswering:
    @pytest.mark.spec("SVC-20")
    @pytest.mark.parametrize(
        ("gap", "satisfaction", "mean"),
        [(-1, "dissatisfied", "-1.0000"), (0, "satisfied", "0.0000"),
         (2, "highly_satisfied", "2.0000")],
    )  # fmt: skip
    def test_compares_what_was_found_with_what_was_expected(
        self, desk, agent, gap, satisfaction, mean
    ):
        invite(desk, agent)

        taken = answer(desk, token_of(desk), gap, comment="ask Ada")

        assert taken == {"state": "answered", "answered_at": "2017-03-01T09:00:00.000000Z"}
        (told_,) = told(desk, "survey.answered")
        assert (told_["satisfaction"], told_["gap"]) == (satisfaction, mean)
        assert told_["expected"] == EXPECTED
        assert told_["perceived"] == {driver: n + gap for driver, n in EXPECTED.items()}
        assert "ask Ada" not in str(told_)
        (survey,) = desk.rows(Survey)
        assert (survey.satisfaction.value, survey.gap) == (satisfaction, mean)
        assert {(row.driver.value, row.expected, row.perceived) for row in desk.rows(SurveyScore)} == {
            (driver, n, n + gap) for driver, n in EXPECTED.items()
        }  # fmt: skip

    def test_a_gap_of_a_third_is_still_a_gap(self, desk, agent):
        invite(desk, agent)
        found = dict(EXPECTED, price=EXPECTED["price"] - 1)

        answer(desk, token_of(desk), perceived=found)

        (told_,) = told(desk, "survey.answered")
        assert (told_["gap"], told_["satisfaction"]) == ("-0.3333", "dissatisfied")

    def test_the_same_again_is_the_same_answer_and_another_is_refused(self, desk, agent):
        invite(desk, agent)
        token = token_of(desk)

        first = answer(desk, token, comment="fine")
        desk.clock.pass_(days=1)
        second = answer(desk, token, comment="fine")

        assert first == second
        for other in ({"gap": 1, "comment": "fine"}, {"comment": None}, {"comment": "not fine"}):
            with pytest.raises(Conflict) as refused:
                answer(desk, token, **other)
            assert refused.value.code == "service_desk.survey.already_answered"
        assert len(told(desk, "survey.answered")) == 1
        assert form(desk, token)["answered"] is True

    def test_refuses_what_is_no_answer(self, desk, agent):
        invite(desk, agent)

        for wrong in (
            {"expected": {}}, {"perceived": {"price": 5}}, {"expected": {"price": 0}},
            {"expected": {"price": 11}}, {"expected": {"price": "5"}}, {"expected": {"price": 5.5}},
            {"expected": {"weather": 5}}, {"expected": None}, {"comment": "x" * 4001},
            {"customer_id": "c1"},
        ):  # fmt: skip
            with pytest.raises(Invalid):
                answer(desk, token_of(desk), **wrong)

        assert told(desk, "survey.answered") == []
