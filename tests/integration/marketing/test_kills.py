"""Marketing as a process, killed while a real mail server has its mail: nobody gets two."""

import random
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import func, select

from deploy.local.house import House
from deploy.local.mail.spool import Fault, Sink
from services.marketing.domain.sends import OPEN
from services.marketing.tables import Send
from tests.conftest import ONE_KIND
from tests.support.marketing import (
    a_campaign,
    a_marketing,
    allow,
    fates,
    know_customer,
    launch,
    marketer,
)
from tests.support.places import opened_house
from tests.support.sales import Room
from tests.support.waiting import eventually, linger

RECIPIENTS = 40
STALLED = 3  # kills between the server's word and its being noted
AT_RANDOM = 1


@pytest.fixture
def house(tmp_path, database_kind, session_broker, request):
    """A house with marketing and the mail sink in it, prepared and empty."""
    server = request.getfixturevalue("postgres") if database_kind == "postgresql" else None
    with opened_house(
        tmp_path, database_kind, session_broker, server, only=("mail", "marketing")
    ) as house:
        house.prepare()
        house.restart("mail")
        yield house


def open_sends(room: Room) -> int:
    """Count the messages without a fate."""
    with room.runtime.database.reading() as session:
        return session.scalar(select(func.count()).where(Send.status.in_(OPEN))) or 0


def planned(room: Room, count: int) -> None:
    """Launch a campaign for so many customers."""
    for number in range(count):
        know_customer(room, f"c{number:03}", tier="vip")
        allow(room, f"c{number:03}")
    assert launch(room, a_campaign(room))["members"] == count


def kill_while_stalled(house: House, sink: Sink) -> None:
    """Kill marketing when the server has taken a mail and marketing has not heard so."""
    before = len(sink.messages())
    sink.fail(Fault.STALL, times=1, seconds=60)  # whoever is the next
    house.restart("marketing")
    eventually(lambda: len(sink.messages()) > before, because="a mail was taken")
    house.kill("marketing")


@ONE_KIND
@pytest.mark.timeout(
    300
)  # each start takes seconds, and on PostgreSQL a dead one's lease half a minute
def test_nobody_gets_two_and_none_of_unknown_fate_is_lost(house, tmp_path):
    sink = Sink(house.directory / "mail")
    chance = random.Random(20170301)  # noqa: S311  # the same kills in every run
    url = house.databases["marketing"]
    with a_marketing(url, Path(house.signing_keys)) as room:
        planned(room, RECIPIENTS)
        for _ in range(STALLED):
            kill_while_stalled(house, sink)
        for _ in range(AT_RANDOM):
            house.launch("marketing")
            linger(1.5 + chance.random())
            house.kill("marketing")
        sink.recover()
        house.restart("marketing")
        eventually(lambda: not open_sends(room), seconds=90, because="every message has a fate")
        house.stop("marketing")

        boxes = Counter(one.recipient for one in sink.messages())
        assert max(boxes.values()) == 1, "nobody gets two"
        unknown = room.call("unknown_sends", marketer(room), limit=200)["items"]
        by_fate = Counter(fate for fate, _ in fates(room).values())
        assert by_fate["unknown"] == len(unknown) >= 1
        assert by_fate["sent"] + by_fate["unknown"] == RECIPIENTS
        listed = {one["message_id"] for one in unknown}
        sent = {one.message_id for one in room.rows(Send) if one.status.value == "sent"}
        assert sent <= set(sink.message_ids()) <= sent | listed, "none out that nobody knows of"

        answer = room.call("reconcile_sends", marketer(room), message_ids=sink.message_ids())

        assert set(answer["settled"]) == {
            one["id"] for one in unknown if sink.by_message_id(one["message_id"])
        }
        assert len(answer["settled"]) >= 1
        left = room.call("unknown_sends", marketer(room), limit=200)["items"]
        assert {one["message_id"] for one in left} == listed - set(sink.message_ids())
