"""Call-backs keep to the time of day that a customer has told accounts, and pops show what he likes."""

from datetime import datetime, timedelta

import pytest

from chassis.errors import Unavailable
from services.telephony.tables import Callback
from tests.support.sales import DAY
from tests.support.telephony import abandoned_call, answered_call, go_on, go_on_anyway, hear, pops

REQUESTED, DUE = "telephony.callback.requested.v1", "telephony.callback.due.v1"
# A test begins at 9:00 UTC on the first of March; that is 10:00 in Berlin and 4:00 in New York.
BERLIN = ("18:00", "20:00", "Europe/Berlin")
OFFICE = ("09:00", "11:30", "Europe/Berlin")  # open, for another ninety minutes


def likes(accounts, telephony, id_, window, **fields):
    """Let a customer tell accounts when to call, and telephony hear of it."""
    admin = accounts.person("admin", "admin")
    version = accounts.call("get_record", admin, kind="customer", id=id_)["version"]
    opens, closes, zone = window
    accounts.call(
        "set_preferences", admin, customer_id=id_, version=version, window_from=opens,
        window_until=closes, zone=zone, **fields,
    )  # fmt: skip
    accounts.carry_to(telephony)


def lost(telephony):
    """Let the customer give up waiting, and find out who it was."""
    hear(telephony, *abandoned_call())
    go_on(telephony)


def kept(telephony):
    """Return the one call-back."""
    (one,) = telephony.rows(Callback)
    return one


def work_list(telephony, agent):
    return [one["id"] for one in telephony.call("callbacks_due", agent)["items"]]


def utc(day, hour, minute=0):
    return DAY.replace(day=day, hour=hour, minute=minute)


class TestWhenItIsDue:
    @pytest.mark.parametrize(
        ("window", "due"),
        [
            (BERLIN, utc(1, 17)),
            (("08:00", "09:00", "America/New_York"), utc(1, 13)),
            (("22:00", "02:00", "Asia/Shanghai"), utc(1, 14)),  # over midnight
            (("22:00", "10:30", "Europe/Berlin"), None),
            (OFFICE, None),
        ],
    )
    def test_is_when_the_customer_likes(self, telephony, accounts, ada, window, due):
        likes(accounts, telephony, ada, window)

        lost(telephony)

        wished = DAY + timedelta(minutes=15)
        one = kept(telephony)
        assert (one.due, one.moved_from) == ((due, wished) if due else (wished, None))
        (told,) = telephony.told(REQUESTED)
        assert datetime.fromisoformat(told["due"]) == one.due

    def test_is_kept_in_summer_time(self, telephony, accounts, ada, agent):
        likes(accounts, telephony, ada, BERLIN)

        asked = telephony.call(
            "request_callback", agent, number="+12025550143", customer_id=ada,
            due="2017-03-26T00:30:00Z",
        )  # fmt: skip

        assert asked["due"] == "2017-03-26T16:00:00.000000Z"  # 18:00; the day before it was 17:00
        assert asked["moved_from"] == "2017-03-26T00:30:00.000000Z"

    def test_is_known_with_the_customer(self, telephony, accounts, ada, neighbours):
        likes(accounts, telephony, ada, BERLIN)
        neighbours.away["accounts"] = Unavailable("accounts does not answer.")
        lost(telephony)
        telephony.clock.pass_(minutes=6)
        telephony.fire()
        before = kept(telephony).due

        neighbours.away.clear()
        go_on_anyway(telephony)

        assert before == DAY + timedelta(minutes=21)
        assert (kept(telephony).due, kept(telephony).moved_from) == (utc(1, 17), before)
        assert len(telephony.told(REQUESTED)) == 2

    def test_what_the_customer_has_named_himself_stays(self, telephony, accounts, ada, agent):
        likes(accounts, telephony, ada, BERLIN)
        asked = telephony.call(
            "request_callback", agent, number="+12025550143", customer_id=ada,
            due="2017-03-01T12:00:00Z", agreed=True,
        )  # fmt: skip

        telephony.clock.pass_(hours=3)
        telephony.fire()

        assert (asked["due"], asked["moved_from"]) == ("2017-03-01T12:00:00.000000Z", None)
        assert len(telephony.told(DUE)) == 1
        assert work_list(telephony, agent) == [asked["id"]]

    def test_put_off_it_moves_unless_it_was_agreed(self, telephony, accounts, ada, agent):
        likes(accounts, telephony, ada, BERLIN)
        lost(telephony)
        named = {"callback_id": kept(telephony).id, "due": "2017-03-02T12:00:00Z"}

        moved = telephony.call("reschedule_callback", agent, **named, version=1)
        stays = telephony.call("reschedule_callback", agent, **named, version=2, agreed=True)

        assert (moved["due"], stays["due"]) == (
            "2017-03-02T17:00:00.000000Z", "2017-03-02T12:00:00.000000Z",
        )  # fmt: skip


class TestWhenItIsSaid:
    def test_nobody_is_to_call_once_the_time_is_over(self, telephony, accounts, ada, agent):
        likes(accounts, telephony, ada, OFFICE)
        lost(telephony)
        said, listed = [], []
        for _ in range(24 * 12):
            before = len(telephony.told(DUE))
            telephony.clock.pass_(minutes=5)
            telephony.fire()
            if len(telephony.told(DUE)) > before:
                said.append(telephony.clock.instant)
            if work_list(telephony, agent):
                listed.append(telephony.clock.instant)

        # After 15, 15 and 30 minutes; another hour later it is noon in Berlin.
        assert said == [utc(1, 9, 15), utc(1, 9, 30), utc(1, 10), utc(2, 8)]
        assert [one for one in listed if not is_liked(one)] == []
        assert min(listed) == utc(1, 9, 15)
        assert utc(1, 10, 25) in listed
        assert utc(2, 8) in listed

    def test_a_time_that_changes_meanwhile_is_the_one_that_counts(self, telephony, accounts, ada):
        lost(telephony)
        likes(accounts, telephony, ada, BERLIN)

        telephony.clock.pass_(minutes=15)
        telephony.fire()
        before = len(telephony.told(DUE))
        telephony.clock.instant = utc(1, 17)
        telephony.fire()

        assert before == 0
        assert len(telephony.told(DUE)) == 1
        assert kept(telephony).moved_from == DAY + timedelta(minutes=15)


class TestThePop:
    def test_shows_language_and_preferences_whoever_is_late_with_his_card(
        self, telephony, accounts, ada, neighbours
    ):
        admin = accounts.person("admin", "admin")
        accounts.call("update_customer", admin, customer_id=ada, version=1,
                      changes={"language": "de"})  # fmt: skip
        likes(accounts, telephony, ada, BERLIN, channel="mail")
        neighbours.away["sales"] = Unavailable("sales does not answer.")
        hear(telephony, *answered_call())
        go_on(telephony)

        (pop,) = pops(telephony)

        assert pop["prefers"] == {
            "language": "de", "preferred_channel": "mail", "preferred_from": "18:00",
            "preferred_until": "20:00", "preferred_zone": "Europe/Berlin",
        }  # fmt: skip


def is_liked(at):
    """Say whether it is between 9:00 and 11:30 in Berlin, in winter."""
    return timedelta(hours=8) <= at - at.replace(hour=0, minute=0) < timedelta(hours=10, minutes=30)
