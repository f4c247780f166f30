"""What a customer tells accounts he likes decides what marketing sends, and when telephony calls."""

from datetime import timedelta

import pytest

from chassis.clock import Clock
from deploy.local.house import Kind
from deploy.local.mail.spool import Sink
from tests.e2e.conftest import MONDAY
from tests.support.doors import PATIENCE, Door
from tests.support.places import opened_house
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(900)

PLACES = ("accounts", "marketing", "telephony", "mail")
KINDS = (Kind.SQLITE, pytest.param(Kind.POSTGRESQL, marks=pytest.mark.long))
# It is 11 o'clock in Berlin when the house opens.
EVENING = {"window_from": "18:00", "window_until": "20:00", "zone": "Europe/Berlin"}
SIX = MONDAY + timedelta(hours=7)
LIKES = {
    "ada": {"channel": "mail", **EVENING},
    "bo": {"channel": "phone"},
    "cy": {},
}
WORDS = {
    "en": {"subject": "Hello", "text": "{{ unsubscribe_url }}"},
    "de": {"subject": "Guten Abend", "text": "{{ unsubscribe_url }}"},
}
MEMBERS = [{"fact": "tag", "has": "garden"}]


@pytest.fixture(scope="module", params=KINDS, ids=str)
def door(request, tmp_path_factory, session_broker):
    """The way into a house of three services, on a Monday morning."""
    kind = Kind(request.param)
    server = request.getfixturevalue("session_postgres") if kind is Kind.POSTGRESQL else None
    folder = tmp_path_factory.mktemp("house")
    with opened_house(folder, kind, session_broker, server, PLACES) as opened:
        opened.directory.mkdir(parents=True, exist_ok=True)
        Clock.travel(opened.clock_file, MONDAY)
        opened.up()
        way = Door(opened)
        yield way
        way.client.close()


@pytest.fixture(scope="module")
def customers(door):
    """Three customers with the same tag, who all allow mail and like different things."""
    return {name: _entered(door, name, likes) for name, likes in LIKES.items()}


def _entered(door, name, likes):
    given = {"name": name.title(), "email": f"{name}@example.com", "language": "de"}
    id_ = door.call("accounts.register_customer", given)["customer_id"]
    tagged = door.call(
        "accounts.tag_customer", {"customer_id": id_, "version": 1, "add": ["garden"]}
    )
    if likes:
        named = {"customer_id": id_, "version": tagged["version"]}
        door.call("accounts.set_preferences", named | likes)
    said = {"purpose": "marketing", "channel": "mail", "granted": True, "basis": "consent"}
    door.call("accounts.set_consent", {"customer_id": id_, **said})
    return id_


@pytest.fixture(scope="module")
def campaign(door, customers):
    """A campaign to everybody with the tag, launched in the morning."""
    door.until("marketing", "marketing_consent_refs", len(customers))
    door.until("marketing", "profiles", len(customers), "told_tags is not null")
    door.until("marketing", "marketing_customer_refs", 1, "preferred_from = '18:00'")
    door.until("marketing", "marketing_customer_refs", 1, "preferred_channel = 'phone'")
    asked = {"key": "garden", "label": "Gardens", "all_of": MEMBERS}
    segment = door.call("marketing.define_segment", asked)["id"]
    named = {"kind": "segment", "id": segment}
    eventually(lambda: door.call("marketing.get_record", named)["is_filled"], seconds=PATIENCE)
    saved = {"key": "garden", "purpose": "marketing", "variants": WORDS}
    template = door.call("marketing.save_template", saved)["id"]
    plan = {"key": "garden", "label": "Gardens", "segment_id": segment, "template_id": template}
    drawn = door.call("marketing.draft_campaign", plan)
    launched = {"campaign_id": drawn["id"], "version": drawn["version"]}
    assert door.call("marketing.launch_campaign", launched)["members"] == len(customers)
    return drawn["id"]


def _ledger(door, customers, campaign):
    """Return what the ledger says of each message, and why."""
    asked = {"kind": "send", "filters": {"campaign_id": campaign}}
    names = {id_: name for name, id_ in customers.items()}
    return {
        names[one["customer_id"]]: (one["status"], one["reason"])
        for one in door.call("marketing.find_records", asked)["items"]
    }


def _mails(door):
    sink = Sink(door.house.directory / "mail")
    return {one.recipient: one.parsed()["Subject"] for one in sink.messages()}


class TestAPreference:
    """One day, in order: each test begins where the one before has left the house."""

    @pytest.mark.spec("ACC-11")
    def test_in_the_morning_only_who_likes_mail_at_any_time_gets_one(
        self, door, customers, campaign
    ):
        expected = {
            "ada": ("planned", "outside_window"),
            "bo": ("suppressed", "prefers_other_channel"),
            "cy": ("sent", None),
        }

        eventually(
            lambda: _ledger(door, customers, campaign) == expected,
            seconds=PATIENCE,
            because=f"each message is where it is to be: {_ledger(door, customers, campaign)}",
        )

        assert _mails(door) == {"cy@example.com": "Guten Abend"}

    @pytest.mark.spec("ACC-11")
    def test_a_call_back_is_due_in_the_evening(self, door, customers):
        wished = (MONDAY + timedelta(hours=1)).isoformat()

        promised = door.call(
            "telephony.request_callback",
            {"customer_id": customers["ada"], "number": "+12025550143", "due": wished},
        )

        assert promised["due"] == SIX.isoformat().replace("+00:00", ".000000Z")
        assert promised["moved_from"] is not None

    @pytest.mark.spec("ACC-11")
    def test_in_the_evening_mail_and_call_go_their_way(self, door, customers, campaign):
        door.travel(SIX + timedelta(minutes=1))

        finished = eventually(
            lambda: (
                (found := door.call("marketing.campaign_report", {"campaign_id": campaign}))
                and found["status"] == "finished"
                and found
            ),
            seconds=PATIENCE,
        )

        assert finished["fates"]["sent"] == 2
        assert _mails(door) == {"cy@example.com": "Guten Abend", "ada@example.com": "Guten Abend"}
        (due,) = door.call("telephony.callbacks_due", {})["items"]
        assert due["customer_id"] == customers["ada"]
