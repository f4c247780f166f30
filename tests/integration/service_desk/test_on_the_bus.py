"""The desk on a real broker beside accounts: copies, timers and the log of all events."""

import pytest

from chassis.clock import Clock
from chassis.errors import Problem
from chassis.plain.stream import StreamReader
from chassis.topology.names import OPERATOR
from deploy.local.house import Kind
from tests.support.doors import Door
from tests.support.places import opened_house
from tests.support.plain import whole
from tests.support.waiting import eventually

SECONDS = 60.0
COPIES_BEHIND = {"service_desk.customer.not_found", "service_desk.case.not_able_to_serve"}


@pytest.fixture(scope="module")
def door(session_broker, tmp_path_factory):
    """The way into a house in which accounts and the desk run."""
    folder = tmp_path_factory.mktemp("desk")
    with opened_house(folder, Kind.SQLITE, session_broker, None) as house:
        house.prepare()
        for name in ("accounts", "service_desk"):
            house.restart(name)
        opened = Door(house)
        yield opened
        opened.client.close()


def hired(door, name, *roles, **fields):
    """Hire somebody and return their token and id."""
    one = door.call("accounts.register_staff", {"name": name, "roles": list(roles)} | fields)
    return door.token_of(one["id"]), one["id"]


def patiently(ask, because):
    """Ask until the copies have come."""

    def answered():
        try:
            return ask()
        except Problem as problem:
            if problem.code not in COPIES_BEHIND:
                raise
            return None

    return eventually(answered, seconds=SECONDS, because=because)


class TestBesideAccounts:
    def test_a_complaint_of_a_copied_customer_breaches_and_climbs_to_copied_staff(self, door):
        agent, agent_id = hired(door, "Ann", "agent")
        _, supervisor_id = hired(door, "Sue", "supervisor")
        _, director_id = hired(door, "Don", "sales_director")
        customer = door.call("accounts.register_customer", {"name": "Ada", "email": "a@ames.org"})
        asked = {
            "type": "complaint", "channel": "phone", "subject": "Late again", "call_id": "call-1",
            "customer_id": customer["customer_id"], "assignee_id": agent_id,
        }  # fmt: skip

        case = patiently(
            lambda: door.call("service_desk.open_case", asked, agent), "the copies have come"
        )

        assert case["state"] == "assigned"
        clock_file = door.house.clock_file
        now = Clock(clock_file).now()
        Clock.travel(clock_file, now.replace(year=now.year + 1))
        file = eventually(
            lambda: _breached(door, agent, case["id"]), seconds=SECONDS, because="all is late"
        )
        climbed = [one["assignee_id"] for one in file["history"] if one["change"] == "assigned"]
        # Nobody sees this customer's cases but who sees all: the supervisor is passed over.
        assert climbed == [agent_id, director_id]
        assert supervisor_id not in climbed
        assert all(one["at"] < one["noted_at"] for one in file["history"] if one["level"])

    def test_tells_cases_to_the_log_and_the_timeline_and_the_token_of_a_link_to_neither(self, door):
        agent, _ = hired(door, "Abe", "agent")
        customer = door.call("accounts.register_customer", {"name": "Bob", "email": "b@ames.org"})
        asked = {"customer_id": customer["customer_id"]}
        survey = patiently(
            lambda: door.call("service_desk.invite_survey", asked | {"moment": "in_sale"}, agent),
            "the copy has come",
        )

        case = door.call(
            "service_desk.open_case",
            asked | {"type": "question", "channel": "mail", "subject": "When, Bob?"},
            agent,
        )

        touches = eventually(
            lambda: door.call("accounts.timeline", asked, agent)["items"], seconds=SECONDS
        )
        assert [one["subject"] for one in touches] == [
            f"Case {case['number']} opened: question, normal"
        ]
        with StreamReader(door.house.uri_of(OPERATOR), place="first") as reader:
            log = [(one.routing_key, one.body) for one in whole(reader)]
        told = {key for key, body in log if case["id"].encode() in body}
        assert told == {"service_desk.case.opened.v1"}
        assert not [key for key, body in log if survey["id"].encode() in body]
        assert not [key for key, body in log if b"When, Bob" in body]


def _breached(door, token, case_id):
    file = door.call("service_desk.case_file", {"case_id": case_id}, token)
    late = [one for one in file["milestones"] if one["breached_at"]]
    return file if len(late) == 4 else None
