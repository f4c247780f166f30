"""Each fact takes what its events say."""

import dataclasses
from datetime import timedelta

import pytest

from contracts import (
    SERVICES,
    accounts,
    analytics,
    erp,
    following,
    intake,
    marketing,
    owning,
    party,
    sales,
    service_desk,
    telephony,
)
from contracts.base import registry
from services.analytics.warehouse.facts import FACTS
from tests.support.warehouse import NOON, a_warehouse, landed, message, rows

LATER = NOON + timedelta(days=1)
LATEST = NOON + timedelta(days=2)


PROMISES = {
    f"contracts.{name}" for name in (*SERVICES, "erp", "following", "intake", "owning", "party")
}  # not what other tests declare
# What stands in the log and not in the star, and why; every other class has a fact.
UNSTARRED = {
    owning.AllocationFinished: "of the batch itself; each customer's change of owner is told",
    accounts.ConsentRecorded: "no report asks for it; it is looked up where mail is sent",
    owning.CustomerDropWarned: "a warning for its owner; the drop is a change of owner",
    party.CustomerShared: "who may look at a customer; what happens with it is told apart",
    party.EntityRecorded: "facts keep the entity that they had",
    intake.ExportFinished: "accounts keeps the log of what left the house",
    accounts.FieldRecorded: "what a house defines for itself; its values are personal",
    intake.ImportFinished: "of the import itself; each customer is told",
    intake.ImportProgressed: "of the import itself",
    intake.ImportReverted: "of the import itself; each customer who goes is told",
    party.MeetingDue: "no report asks for it; the touch stands in accounts",
    party.MembershipRecorded: "no report asks for it yet",
    accounts.RecordChanged: "plain records of accounts are in no report",
    party.RelationshipRecorded: "no report asks for it yet; accounts answers what is whose",
    owning.StaffHandedOver: "of the directory; each customer's change of owner is told",
    accounts.TerritoryRecorded: "facts keep the territory that they had",
    analytics.WarehouseReconciled: "of the warehouse itself",
    erp.CustomerAccepted: "a verdict for the partner, not told to the log",
    erp.CustomerRefused: "a verdict for the partner, not told to the log",
    erp.OrderAccepted: "a verdict for the partner, not told to the log",
    erp.OrderRefused: "a verdict for the partner, not told to the log",
    erp.ProductAccepted: "a verdict for the partner, not told to the log",
    erp.ProductRefused: "a verdict for the partner, not told to the log",
    following.AnalyticsFollowed: "an answer for accounts",
    following.MarketingFollowed: "an answer for accounts",
    following.SalesFollowed: "an answer for accounts",
    following.ServiceDeskFollowed: "an answer for accounts",
    following.TelephonyFollowed: "an answer for accounts",
    owning.SalesStaffFollowed: "an answer for accounts",
    owning.ServiceDeskStaffFollowed: "an answer for accounts",
    owning.TelephonyStaffFollowed: "an answer for accounts",
    marketing.RecordChanged: "templates, segments and campaigns as they are written",
    marketing.Unsubscribed: "accounts withdraws the consent; no report asks for it",
    service_desk.RecordChanged: "policies, calendars and articles as they are written",
    telephony.RecordChanged: "devices and codes as they are written",
}


class TestFacts:
    def test_take_every_class_that_is_logged_or_it_is_named_why_not(self) -> None:
        promised = (one for one in registry().values() if one.cls.__module__ in PROMISES)
        logged = {known.cls for known in promised if not known.private}

        starred = {cls for fact in FACTS for cls in fact.classes}

        assert logged == starred | UNSTARRED.keys()
        assert not starred & UNSTARRED.keys()


class TestProducts:
    def test_stand_as_they_were_told_last(self) -> None:
        con = a_warehouse()
        fields = {
            "sku": '"FUR-1"', "name": '"Bookcase"', "category": '"Furniture"',
            "sub_category": '"Bookcases"', "active": "true", "revision": "3",
        }  # fmt: skip
        first = sales.RecordChanged(
            id="p", kind="product", version=1, verb="created", fields=fields
        )
        second = dataclasses.replace(
            first, version=2, verb="updated", fields=fields | {"active": "false"}
        )
        other = dataclasses.replace(first, id="s", kind="stage", fields={"key": '"won"'})

        landed(
            con,
            [message(second, sequence=2), message(first, sequence=1), message(other)],
        )

        assert rows(con, "SELECT * FROM product_now") == [
            ("p", "FUR-1", "Bookcase", "Furniture", "Bookcases", False)
        ]


def a_case_s_life() -> list[object]:
    """Make what happens to a complaint from its opening to its end."""
    return [
        service_desk.CaseOpened(
            case_id="k", version=1, number="C-1", type="complaint", severity="high",
            channel="phone", customer_id="c", opened_at=NOON, policy="gold",
            deadlines={"solution": LATER},
        ),
        service_desk.CaseAssigned(
            case_id="k", version=2, previous_assignee_id=None, assignee_id="eve", reason="manual"
        ),
        service_desk.CaseBreached(
            case_id="k", version=3, customer_id="c", milestone="solution", due=LATER,
            assignee_id="eve",
        ),
        service_desk.CaseEscalated(
            case_id="k", version=4, customer_id="c", level=1, reason="breach", from_id="eve",
            to_id="dan",
        ),
        service_desk.CaseStateChanged(
            case_id="k", version=5, customer_id="c", previous_state="open", state="closed",
            at=LATEST,
        ),
        service_desk.CaseClosed(
            case_id="k", version=5, number="C-1", type="complaint", severity="high",
            channel="phone", customer_id="c", opened_at=NOON, closed_at=LATEST,
            resolution="refunded", customer_view="satisfied", breached=("solution",),
            escalations=1, reopened=0, seconds_open=3600,
        ),
    ]  # fmt: skip


class TestCases:
    @pytest.mark.parametrize("due", ["infinity", "2017-03-02", 7, None])
    def test_with_a_deadline_that_is_no_instant_are_kept_apart(self, due: object) -> None:
        con = a_warehouse()
        opened = message(a_case_s_life()[0]).but(deadlines={"solution": due})

        done = landed(con, [opened])

        assert (done.applied, done.quarantined.total()) == (0, 1)

    def test_gather_what_happened_to_them(self) -> None:
        con = a_warehouse()
        messages = [
            message(one, sequence=number) for number, one in enumerate(a_case_s_life(), start=1)
        ]

        landed(con, list(reversed(messages)))

        assert rows(
            con,
            "SELECT case_id, case_type, policy, opened_at = $noon, closed_at = $latest, state, "
            "assignee_id, breaches, breached_milestones, escalation_level, customer_view, "
            "deadlines['solution'] = $later FROM case_now"
            .replace("$noon", f"'{NOON}'").replace("$latest", f"'{LATEST}'").replace("$later", f"'{LATER}'"),
        ) == [
            ("k", "complaint", "gold", True, True, "closed", "eve", 1, ["solution"], 1, "satisfied", True)
        ]  # fmt: skip

    def test_are_as_bad_and_as_urgent_as_was_told_last(self) -> None:
        con = a_warehouse()
        opened = a_case_s_life()[0]
        replanned = service_desk.CaseReplanned(
            case_id="k", version=2, customer_id="c", reason="reclassified", severity="critical",
            policy="diamond", deadlines={"solution": NOON},
        )  # fmt: skip

        landed(con, [message(replanned, sequence=2), message(opened, sequence=1)])

        assert rows(
            con, f"SELECT severity, policy, deadlines['solution'] = '{NOON}' FROM case_now"
        ) == [("critical", "diamond", True)]


class TestCalls:
    def test_stand_as_they_were_told_last(self) -> None:
        con = a_warehouse()
        ended = telephony.CallEnded(
            call_id="k", version=1, direction="inbound", outcome="answered", started_at=NOON,
            ended_at=LATER, wait_seconds=12, talk_seconds=30.5,
        )  # fmt: skip
        corrected = telephony.CallCorrected(
            **{**dataclasses.asdict(ended), "version": 2, "customer_id": "c2"},
            previous_customer_id="c1",
        )

        landed(con, [message(corrected, sequence=2), message(ended, sequence=1)])

        assert rows(con, "SELECT call_id, version, wait_seconds, customer_id FROM call_now") == [
            ("k", 2, 12.0, "c2")
        ]


class TestSurveys:
    def test_have_a_row_for_each_driver(self) -> None:
        con = a_warehouse()
        answered = service_desk.SurveyAnswered(
            survey_id="s", version=1, customer_id="c", moment="post_sale", answered_at=NOON,
            expected={"speed": 8, "price": 5}, perceived={"speed": 6}, satisfaction="dissatisfied",
            gap="-2.0",
        )  # fmt: skip

        landed(con, [message(answered)])

        assert rows(
            con, "SELECT driver, expected, perceived FROM fact_survey_answer ORDER BY driver"
        ) == [("price", 5, None), ("speed", 8, 6)]


class TestMarketing:
    def test_tells_the_last_fate_of_a_message(self) -> None:
        con = a_warehouse()
        touched = marketing.TouchSettled(
            send_id="m", version=1, customer_id="c", campaign_id="k", step="1", channel="mail",
            purpose="marketing", fate="unknown", reason=None, at=NOON,
        )  # fmt: skip
        settled = dataclasses.replace(touched, version=2, fate="sent")

        landed(con, [message(settled, sequence=2), message(touched, sequence=1)])

        assert rows(con, "SELECT send_id, fate FROM touch_now") == [("m", "sent")]

    def test_keeps_why_somebody_joined_a_segment(self) -> None:
        con = a_warehouse()
        joined = marketing.SegmentJoined(
            membership_id="gc",
            version=1,
            segment_id="g",
            customer_id="c",
            at=NOON,
            reasons=("tier=vip", "tag=wine"),
        )

        landed(con, [message(joined)])

        assert rows(con, "SELECT segment_id, version, reasons FROM fact_segment_event") == [
            ("g", 1, ["tier=vip", "tag=wine"])
        ]


class TestLeads:
    def test_keep_their_scores_with_the_reasons(self) -> None:
        con = a_warehouse()
        scored = analytics.LeadScored(
            lead_id="l", score_id="z", score=61, method="scorecard.v1", trigger_id="e",
            trigger_type="sales.lead.created.v1", as_of=NOON,
            reasons=(analytics.Reason(feature="source", value="web", points=12),),
        )  # fmt: skip

        landed(con, [message(scored)])

        assert rows(con, "SELECT subject_kind, subject_id, score, trigger_id FROM fact_score") == [
            ("lead", "l", 61, "e")
        ]
        assert rows(con, "SELECT reasons[1].points FROM fact_lead_score") == [(12,)]

    def test_a_lead_s_way_is_told_in_its_own_order(self) -> None:
        con = a_warehouse()
        created = sales.LeadCreated(lead_id="l", version=1, source="web", status="new")
        lost = sales.LeadDisqualified(lead_id="l", version=2, reason="no_budget")

        landed(con, [message(lost, sequence=2), message(created, sequence=1)])

        assert rows(con, "SELECT lead_id, source, last_told, lost_reason FROM lead_now") == [
            ("l", "web", "disqualified", "no_budget")
        ]
