"""Two who do something at the same time: neither misses what the other decides."""

import pytest

from chassis.errors import Conflict
from services.service_desk.domain.surveys import SurveyMoment
from services.service_desk.usecases import surveys
from tests.support.service_desk import meanwhile, told


class TestSurveys:
    @pytest.mark.parametrize("about_a_case", [True, False])
    def test_two_who_ask_a_customer_the_same_make_one_link(self, desk, agent, about_a_case):
        case_id = agent.open()["id"] if about_a_case else None
        asked = {"customer_id": "c1", "moment": "post_sale", "case_id": case_id}
        refused = []

        def ask():
            try:
                desk.call("invite_survey", agent.token, **asked)
            except Conflict as conflict:
                refused.append(conflict.code)

        with meanwhile(desk, ask) as work:
            surveys.invite_survey(
                work, customer_id="c1", moment=SurveyMoment.POST_SALE, case_id=case_id
            )

        assert refused == ["service_desk.survey.already_invited"]
        assert len(told(desk, "survey.invited")) == 1
