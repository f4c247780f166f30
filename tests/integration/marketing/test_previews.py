"""Who would belong to a segment that nobody has defined yet."""

import time

import eventlet

from services.marketing.reads import audience
from services.marketing.tables import Membership
from tests.support.marketing import know_customer


def test_a_preview_counts_by_all_conditions_and_by_each(marketing, person):
    know_customer(marketing, "c2", tier="vip", country="FR")
    know_customer(marketing, "c3", tier="small", country="FR")

    answer = marketing.call(
        "preview_segment", person,
        all_of=[{"fact": "tier", "any_of": ["vip"]}, {"fact": "country", "any_of": ["FR"]}],
    )  # fmt: skip

    assert (answer["customers"], answer["members"]) == (3, 1)
    assert [one["customers"] for one in answer["conditions"]] == [2, 2]
    assert marketing.rows(Membership) == []


def test_a_preview_lets_others_have_their_turn(marketing, person, monkeypatch):
    for number in range(2, 6):
        know_customer(marketing, f"c{number}", tier="vip")
    monkeypatch.setattr(audience, "BATCH", 1)
    monkeypatch.setattr(time, "sleep", eventlet.sleep)  # as in a service's process
    turns = []

    def other():
        while True:
            turns.append(1)
            eventlet.sleep(0)

    greenthread = eventlet.spawn(other)
    marketing.call("preview_segment", person, all_of=[{"fact": "tier", "any_of": ["vip"]}])
    greenthread.kill()

    assert len(turns) >= 5, "one after each of five batches"
