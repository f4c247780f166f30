"""Several processes of one service on one PostgreSQL: one leads, everything is done once, guards hold."""

import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from chassis.errors import Conflict
from chassis.plain.rpc import Client
from deploy.local.services import PROJECT
from tests.support.tallies import opened_tallies
from tests.support.tally import HitMade, RoundBegun
from tests.support.things import Thing, at_work
from tests.support.waiting import eventually

HITS, ROUNDS, TIMERS = 200, 10, 30
ASKED = 8  # at once


@pytest.fixture
def tallies(postgresql_url, session_broker, tmp_path):
    with opened_tallies(postgresql_url, session_broker, tmp_path) as found:
        yield found


@pytest.mark.timeout(900)
def test_two_replicas_do_everything_once_and_the_second_takes_over(tallies):
    with tallies.running() as one, tallies.running() as other:
        eventually(lambda: one.is_up() and other.is_up())
        eventually(lambda: one.leads() or other.leads())
        leader, follower = (one, other) if one.leads() else (other, one)
        assert not follower.leads()

        tallies.set_timers(TIMERS)
        tallies.tell(*(RoundBegun(round_id=f"r{n}") for n in range(ROUNDS)))
        tallies.tell(*(HitMade(hit_id=f"h{n}") for n in range(HITS)))
        eventually(lambda: tallies.counted().get("hits", 0) > HITS // 10)
        leader.process.kill()
        eventually(follower.leads)
        tallies.tell(*(HitMade(hit_id=f"h{n}") for n in range(HITS, 2 * HITS)))
        tallies.settles()

    counted = tallies.counted()
    sent = counted.pop("sent", 0) + counted.pop("perhaps", 0)  # whichever the kill has left
    steps = {"first": ROUNDS, "last": ROUNDS}
    assert counted == {"hits": 2 * HITS, "rang": TIMERS, **steps}
    assert sent == ROUNDS
    assert max(Counter(tallies.letters()).values()) == 1
    assert tallies.heard() == 2 * HITS + ROUNDS


@pytest.mark.timeout(900)
def test_guards_hold_between_replicas(tallies):
    with at_work(tallies.database) as work:
        thing = work.add(Thing(name="lamp"))
    token = tallies.token()

    def call(method, payload, key):
        return client.call(
            "tally", method, payload, token=token, timeout_seconds=60.0, idempotency_key=key
        )

    def revise(number):
        try:
            return call("revise", {"id": thing.id, "version": 1}, f"revise-{number}")
        except Conflict as stale:
            return stale.code

    with (
        tallies.running() as one,
        tallies.running() as other,
        Client(tallies.bus.amqp_uri, name="chaos") as client,
        ThreadPoolExecutor(ASKED) as pool,
    ):
        eventually(lambda: one.is_up() and other.is_up())
        answers = list(pool.map(lambda _: call("ask", {}, "the same"), range(ASKED)))
        revised = list(pool.map(revise, range(ASKED)))
        shares = [run.log.read_text().count('"entrypoint":"ask"') for run in (one, other)]

    assert answers == [{"n": 1}] * ASKED
    assert tallies.counted() == {"asked": 1}
    assert [one for one in revised if one == {}] == [{}]
    assert len(set(map(str, revised))) == 2
    assert all(shares), "the broker gave all to one"


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_four_replicas_of_every_service_keep_every_promise(tmp_path):
    faults = ("relay-leader-killed", "leader-deposed", "several-killed", "service-killed")
    words = [word for fault in faults for word in ("--fault", fault)]
    command = [sys.executable, "-m", "chaos", "--database", "postgresql", "--replicas", "4"]

    ended = subprocess.run(
        [*command, "--seed", "4", "--folder", str(tmp_path / "chaos"), *words],
        cwd=PROJECT, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "every promise held" in ended.stdout
