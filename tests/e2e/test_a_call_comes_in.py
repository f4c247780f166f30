"""A customer calls: who it is is shown while it rings, and nothing of the call is lost."""

from datetime import timedelta

import pytest

from deploy.local.pbx import Play, ReplayPbx
from tests.e2e.conftest import MONDAY
from tests.support.doors import PATIENCE
from tests.support.telephony import Ear
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(900)

CAPTURED = "13800138000"  # who calls in the captures
ADA, BO = "+8613800130001", "+8613900139009"
PHONE = "PJSIP/1001"
ANSWERED, GIVEN_UP = "01", "03"  # captures
CARDS = ("accounts", "sales", "service_desk")
QUARTER = timedelta(minutes=15)


@pytest.fixture(scope="module")
def people(whole_door):
    """Two customers and the agent whose phone rings, known wherever they must be."""
    given = (("Ada Lovelace", ADA), ("Bo Carpenter", BO))
    found = {
        phone: whole_door.call("accounts.register_customer", {"name": name, "phone": phone})[
            "customer_id"
        ]
        for name, phone in given
    }
    found["agent"], _ = whole_door.hire("Ann Archer", "agent")
    values = {"device": PHONE, "staff_id": found["agent"]}
    whole_door.call("telephony.create_record", {"kind": "agent_device", "values": values})
    whole_door.until("telephony", "telephony_customer_refs", 2)
    for service in CARDS:  # whoever answers for the first time has to warm up
        whole_door.call(f"{service}.customer_card", {"customer_id": found[ADA]})
    return found


@pytest.fixture(scope="module")
def ear(whole_running_house):
    listening = Ear(whole_running_house)
    yield listening
    listening.close()


@pytest.fixture(scope="module")
def pbx(whole_running_house, people, ear):
    house = whole_running_house
    with ReplayPbx(house.ports["pbx"], house.pbx_secret, booted=MONDAY) as playing:
        eventually(lambda: playing.listeners, seconds=PATIENCE, because="the bridge listens")
        yield playing


class ACall:
    """A captured call of somebody's, told bit by bit."""

    def __init__(self, pbx, capture, number, minutes):
        play = Play(capture, MONDAY + timedelta(minutes=minutes), {CAPTURED: number[3:]})
        self.pbx, self.left = pbx, list(pbx.events(play))

    def goes_on(self, until=None):
        """Tell everything before an event of this name, or all that is left."""
        while self.left and self.left[0].fields()["Event"] != until:
            self.pbx.tell(self.left.pop(0))
        return self


def heard(ear, type_, number=1, **having):
    """Wait until so many events of a type were told of somebody, and return them."""

    def found():
        told = [one for one in ear.heard(type_) if having.items() <= one.items()]
        return told if len(told) >= number else []

    told = eventually(found, seconds=PATIENCE, because=f"{number} telephony.{type_}")
    assert len(told) == number, "told more often than it happened"
    return told


def call_of(door, id_):
    return door.call("telephony.get_record", {"kind": "call", "id": id_})


@pytest.fixture(scope="module")
def first(whole_door, pbx, ear, people):
    """Ada calls and is answered: what was told while it rang, and the call afterwards."""
    for attempt in (1, 2, 3):  # on a busy machine a card may come too late to be shown
        call = ACall(pbx, ANSWERED, ADA, attempt).goes_on(until="DialEnd")
        pop = heard(ear, "screen.popped", attempt)[-1]
        if not pop["missing"]:
            break
        call.goes_on()
        heard(ear, "call.ended", call_id=pop["call_id"])
    ringing = call_of(whole_door, pop["call_id"])
    call.goes_on()
    (ended,) = heard(ear, "call.ended", call_id=pop["call_id"])
    return {"pop": pop, "ringing": ringing, "ended": ended, "calls": attempt}


class TestACallThatIsAnswered:
    @pytest.mark.spec("TEL-21")
    def test_shows_the_agent_who_it_is_while_it_rings(self, first, people):
        pop, ringing = first["pop"], first["ringing"]

        assert (ringing["state"], ringing["established_at"]) == ("alerting", None)
        assert (pop["agent_id"], pop["device"]) == (people["agent"], PHONE)
        assert (pop["number"], pop["outcome"]) == (ADA, "one")
        assert [one["id"] for one in pop["matches"]] == [people[ADA]]
        assert (set(pop["card"]), pop["missing"]) == (set(CARDS), [])
        assert "Ada Lovelace" in pop["card"]["accounts"]["profile"]

    @pytest.mark.spec("TEL-19")
    def test_is_kept_with_both_numbers_and_its_customer(self, whole_door, first, people):
        call = call_of(whole_door, first["ended"]["call_id"])

        assert (call["number"], call["dnis"], call["queue"]) == (ADA, "8001", "sales")
        assert (call["customer_id"], call["agent_id"]) == (people[ADA], people["agent"])
        assert (call["outcome"], call["wait_ms"], call["talk_ms"]) == ("answered", 1007, 1501)
        assert call["estimated"] is False

    def test_stands_on_the_timeline_and_in_the_warehouse(self, whole_door, first, people):
        calls = first["calls"]
        touches = timeline(whole_door, people[ADA], calls)

        assert touches == [("Call to 8001, queue sales", "answered, talked 0:02")] * calls
        assert counted(whole_door) == (calls, calls, 0, 1)


class TestTheBridgeIsKilled:
    def test_in_the_middle_of_a_call_and_nothing_is_lost(self, whole_door, pbx, ear, people, first):
        calls = first["calls"] + 1
        call = ACall(pbx, ANSWERED, ADA, 20).goes_on(until="HangupRequest")
        pop = heard(ear, "screen.popped", calls, device=PHONE)[-1]
        id_ = pop["call_id"]
        eventually(lambda: call_of(whole_door, id_)["state"] == "connected", seconds=PATIENCE)

        whole_door.house.kill("cti")
        eventually(lambda: not pbx.listeners, seconds=PATIENCE, because="the line is gone")
        whole_door.house.restart("cti")
        eventually(lambda: pbx.listeners, seconds=PATIENCE, because="the bridge listens again")
        call.goes_on()

        (ended,) = heard(ear, "call.ended", call_id=id_)
        assert (ended["outcome"], ended["customer_id"]) == ("answered", people[ADA])
        assert ended["talk_seconds"] == first["ended"]["talk_seconds"]
        assert len(ear.heard("screen.popped", id_)) == 1
        places = [
            one["seq"] for one in whole_door.pages("telephony.call_history", {"call_id": id_})
        ]
        assert sorted(places) == list(range(1, len(places) + 1))
        assert counted(whole_door) == (calls, calls, 0, 1)
        touches = timeline(whole_door, people[ADA], calls)
        assert touches == [("Call to 8001, queue sales", "answered, talked 0:02")] * calls


class TestACallThatIsGivenUp:
    @pytest.mark.spec("TEL-43")
    def test_is_owed_a_call_back_which_ends_when_the_customer_calls_again(
        self, whole_door, pbx, ear, people, first
    ):
        door = whole_door
        ACall(pbx, GIVEN_UP, BO, 40).goes_on()
        (asked,) = heard(ear, "callback.requested", customer_id=people[BO])
        assert (asked["reason"], asked["queue"]) == ("abandoned", "sales")
        assert door.call("telephony.callbacks_due", {})["items"] == []

        door.travel(MONDAY + timedelta(hours=1))

        (due,) = heard(ear, "callback.due", customer_id=people[BO])
        (listed,) = door.call("telephony.callbacks_due", {})["items"]
        assert listed["id"] == due["callback_id"] == asked["callback_id"]
        assert (listed["number"], listed["state"], listed["reminders"]) == (BO, "open", 1)

        ACall(pbx, ANSWERED, BO, 61).goes_on()

        (closed,) = heard(ear, "callback.closed", customer_id=people[BO])
        (again,) = heard(ear, "call.ended", customer_id=people[BO], outcome="answered")
        assert (closed["outcome"], closed["call_id"]) == ("called_again", again["call_id"])
        assert door.call("telephony.callbacks_due", {})["items"] == []
        calls = first["calls"] + 1  # of Ada's; two of Bo's
        assert counted(door) == (calls + 2, calls + 1, 1, 2)


def timeline(door, customer_id, number):
    """Return what stands on a customer's timeline as soon as there is so much of it."""

    def found():
        items = door.call("accounts.timeline", {"customer_id": customer_id})["items"]
        return items if len(items) >= number else []

    told = eventually(found, seconds=PATIENCE, because=f"{number} on the timeline")
    return [(one["subject"], one["result"]) for one in told]


def counted(door):
    """Return the day's calls as the warehouse counts them: offered, answered, given up; of whom."""
    door.read_up()
    asked = {"day": MONDAY.date().isoformat()}
    total = door.call("analytics.call_report", asked)["total"]
    return tuple(total[name] for name in ("offered", "answered", "abandoned", "customers"))
