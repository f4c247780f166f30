"""A customer complains: what is late goes up by itself, and in the end the customer is asked."""

from datetime import timedelta

import pytest

from demo.story.outside import link_in
from deploy.local.mail.spool import Sink
from tests.e2e.conftest import MONDAY
from tests.support.doors import PATIENCE
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(900)

MAIL = "ada.lovelace@example.com"
EXPECTED = {"price": 6, "staff_attitude": 9}
PERCEIVED = {"price": 5, "staff_attitude": 10}
COMPLAINT = {
    "type": "complaint",
    "severity": "high",
    "channel": "phone",
    "subject": "A chair arrived with three legs",
    "call_id": "call-1",
}


@pytest.fixture(scope="module")
def desk(whole_door):
    """A customer, an agent and her supervisor."""
    door = whole_door
    territory = door.call("accounts.register_territory", {"name": "East", "states": ["Ohio"]})["id"]
    entered = {"name": "Ada Lovelace", "email": MAIL, "country": "US", "state": "Ohio"}
    found = {"customer": door.call("accounts.register_customer", entered)["customer_id"]}
    found["agent"], found["agent_token"] = door.hire("Ann Archer", "agent")
    found["boss"], found["boss_token"] = door.hire(
        "Sam Sullivan", "supervisor", territory_ids=[territory]
    )
    door.until("service_desk", "desk_customer_refs", 1)
    door.until("service_desk", "desk_staff_refs", 2)
    door.until("marketing", "marketing_customer_refs", 1)
    return found


class TheCase:
    """A case of Ada's, and the steps that are taken on it as it stands."""

    def __init__(self, door, desk):
        asked = COMPLAINT | {"customer_id": desk["customer"], "assignee_id": desk["agent"]}
        self.door, self.desk = door, desk
        self.id = door.call("service_desk.open_case", asked, desk["agent_token"])["id"]

    def file(self):
        return self.door.call("service_desk.case_file", {"case_id": self.id})

    def step(self, method, **given):
        """Take a step as the supervisor."""
        named = {"case_id": self.id, "version": self.file()["case"]["version"]}
        token = self.desk["boss_token"]
        return self.door.call(f"service_desk.{method}", named | given, token)

    def missed(self):
        return {one["milestone"] for one in self.file()["milestones"] if one["breached_at"]}


@pytest.fixture(scope="module")
def case(whole_door, desk):
    """The complaint, taken in on Monday at nine and acknowledged in time."""
    opened = TheCase(whole_door, desk)
    named = {"case_id": opened.id, "version": opened.file()["case"]["version"]}
    whole_door.call("service_desk.acknowledge_case", named, desk["agent_token"])
    return opened


@pytest.fixture(scope="module")
def late(whole_door, case):
    """The same when four office hours are over: nobody has told Ada anything."""
    whole_door.travel(MONDAY + timedelta(hours=5, minutes=30))
    eventually(
        lambda: case.file()["case"]["escalations"], seconds=PATIENCE, because="it is escalated"
    )
    return case.file()


@pytest.fixture(scope="module")
def closed(whole_door, case, late):
    """The same, settled the next day and closed with what Ada says of it."""
    case.step("respond_case", channel="phone")
    whole_door.travel(MONDAY + timedelta(days=1, hours=1))
    case.step("resolve_case", resolution="compensated")
    case.step("tell_outcome", channel="phone", customer_view="satisfied")
    return case.step("close_case")


@pytest.fixture(scope="module")
def mails(whole_running_house, closed):
    """What lies in Ada's mailbox."""
    sink = Sink(whole_running_house.directory / "mail")
    eventually(lambda: sink.messages(MAIL), seconds=PATIENCE, because="the invitation is there")
    return sink.messages(MAIL)


class TestAComplaint:
    def test_that_nobody_answers_is_late_by_the_clock_and_goes_to_the_supervisor(
        self, case, desk, late
    ):
        changes = [(one["change"], one["reason"], one["assignee_id"]) for one in late["history"]]

        assert case.missed() == {"first_response"}
        assert late["case"]["assignee_id"] == desk["boss"]
        assert changes[-3:] == [
            ("breached", "first_response", desk["agent"]),
            ("escalated", "first_response_breached", desk["agent"]),
            ("assigned", "escalation", desk["boss"]),
        ]

    @pytest.mark.spec("SVC-13")
    def test_is_closed_only_with_the_outcome_told_and_what_the_customer_says(self, case, closed):
        due = {one["milestone"]: (one["met_at"] or "")[:16] for one in case.file()["milestones"]}

        assert (closed["state"], closed["resolution"]) == ("closed", "compensated")
        assert (closed["customer_view"], closed["escalations"]) == ("satisfied", 1)
        assert set(due) == {"acknowledge", "first_response", "solution", "feedback"}
        assert case.missed() == {"first_response"}

    def test_stands_on_the_timeline_with_its_end(self, whole_door, desk, closed):
        number = closed["number"]

        def touches():
            asked = {"customer_id": desk["customer"]}
            found = [one["subject"] for one in whole_door.call("accounts.timeline", asked)["items"]]
            return found if len(found) >= 3 else []

        assert sorted(eventually(touches, seconds=PATIENCE)) == [
            f"Case {number} closed: complaint, high",
            f"Case {number} opened: complaint, high",
            "Mail for service, step survey",
        ]


class TestTheSurvey:
    def test_comes_in_one_mail_and_following_the_link_answers_nothing(self, whole_door, mails):
        (mail,) = mails

        seen = whole_door.visit("GET", link_of(mail))

        assert seen.status_code == 200
        assert mail.parsed()["Subject"] == "How did we do?"
        assert whole_door.count("service_desk", "surveys", "answered_at is not null") == 0

    def test_answered_by_its_link_counts_once_at_the_desk_and_in_the_warehouse(
        self, whole_door, desk, mails
    ):
        given = {"expected": EXPECTED, "perceived": PERCEIVED}
        other = {"expected": EXPECTED, "perceived": EXPECTED}

        answers = [
            whole_door.visit("POST", link_of(mails[0]), json=body).status_code
            for body in (given, given, other)
        ]

        assert answers == [200, 200, 409]
        assert at_the_desk(whole_door) == in_the_warehouse(whole_door)
        assert in_the_warehouse(whole_door) == {
            "price": (1, "6.00", "5.00"),
            "staff_attitude": (1, "9.00", "10.00"),
        }


def link_of(mail):
    return link_in(mail.parsed().get_body(("plain",)).get_content(), "s")


def at_the_desk(door):
    """Return what the desk knows of each driver: answers, expected, perceived."""
    period = {"since": MONDAY.isoformat(), "until": (MONDAY + timedelta(days=9)).isoformat()}
    found = door.call("service_desk.satisfaction_by_driver", period)["drivers"]
    return {
        one["driver"]: (
            one["answers"],
            two_places(one["mean_expected"]),
            two_places(one["mean_perceived"]),
        )
        for one in found
    }


def in_the_warehouse(door):
    """Return what the warehouse knows of each driver: answers, expected, perceived."""
    door.read_up()
    return {
        one["driver"]: (one["answers"], one["expected"], one["perceived"])
        for one in door.call("analytics.satisfaction_report", {})["drivers"]
    }


def two_places(mean):
    return f"{float(mean):.2f}"
