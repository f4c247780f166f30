"""Two who do something at the same time: neither misses what the other decides."""

import pytest

from chassis.errors import Conflict
from services.service_desk.domain.cases import CaseType, Channel, NewCase, Severity
from services.service_desk.domain.surveys import SurveyMoment
from services.service_desk.usecases import cases, surveys
from tests.support.service_desk import at, meanwhile, told

OFFICE = "service_calendars.office"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EVERY_HOUR = {day: [["00:00", "24:00"]] for day in DAYS}
COMPLAINT = NewCase(
    type=CaseType.COMPLAINT, severity=Severity.NORMAL, channel=Channel.PHONE, subject="Late again"
)


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


class TestCalendars:
    @pytest.mark.parametrize(
        ("method", "fields", "due"),
        [
            ("revise_calendar", {"version": 1, "week": EVERY_HOUR}, at(2, 9)),
            ("declare_holiday", {"day": "2017-03-02", "label": "Feast"}, at(6, 18)),
        ],
    )
    def test_a_case_that_is_opened_while_the_hours_change_runs_by_the_new_ones(
        self, desk, agent, method, fields, due
    ):
        admin = desk.person("admin", "admin")

        def change():
            desk.call(method, admin, calendar_id=OFFICE, **fields)
            desk.fire()

        with meanwhile(desk, change) as work:
            case = cases.open_case(work, new=COMPLAINT)
        desk.fire()

        assert agent.milestone(case.id, "solution")["due"] == due

    def test_a_case_that_is_opened_while_a_holiday_is_withdrawn_runs_on_that_day(self, desk, agent):
        admin = desk.person("admin", "admin")
        holiday = desk.call(
            "declare_holiday", admin, calendar_id=OFFICE, day="2017-03-02", label="Feast"
        )
        desk.fire()

        def withdraw():
            desk.call("withdraw_holiday", admin, holiday_id=holiday["id"], version=1)
            desk.fire()

        with meanwhile(desk, withdraw) as work:
            case = cases.open_case(work, new=COMPLAINT)
        desk.fire()

        assert agent.milestone(case.id, "solution")["due"] == at(3, 18)
