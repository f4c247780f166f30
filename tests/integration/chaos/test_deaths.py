"""Deaths at every point between a commit and the world: counters say how often anything was done."""

import pytest

from chassis.errors import Unavailable
from chassis.plain.rpc import Client
from tests.conftest import ONE_KIND
from tests.support.tallies import opened_tallies
from tests.support.tally import HitMade, RoundBegun
from tests.support.waiting import eventually

HITS = 150

pytestmark = pytest.mark.timeout(
    300
)  # every death is a start, which takes seconds on a busy machine


@pytest.fixture
def tallies(database_url, session_broker, tmp_path):
    with opened_tallies(database_url, session_broker, tmp_path) as found:
        yield found


@pytest.fixture
def on_sqlite(sqlite_url, session_broker, tmp_path):
    with opened_tallies(sqlite_url, session_broker, tmp_path) as found:
        yield found


@ONE_KIND
class TestASharedCommit:
    def test_counts_each_event_once_wherever_it_dies(self, tallies):
        tallies.tell(*(HitMade(hit_id=f"h{n}") for n in range(HITS)))

        tallies.dies_at("before-mark")
        tallies.dies_at("in-shared-commit")
        tallies.dies_at("before-ack", 30)
        tallies.ends()

        assert tallies.counted() == {"hits": HITS}
        assert tallies.heard() == HITS


class TestAProcess:
    def test_takes_each_step_once_and_an_effect_at_most_once(self, on_sqlite):
        tallies = on_sqlite
        tallies.tell(RoundBegun(round_id="r0"), RoundBegun(round_id="r1"))

        tallies.dies_at("between-steps")
        tallies.dies_at("before-effect")  # one is marked, and nothing has left the house
        tallies.dies_at("after-effect")  # the other has left the house, and nobody wrote that down
        tallies.tell(RoundBegun(round_id="r2"))
        tallies.ends()

        assert tallies.counted() == {"first": 3, "sent": 1, "perhaps": 2, "last": 3}
        assert len(tallies.letters()) == 2
        assert tallies.letters()[1] == "r2"


class TestACommand:
    def test_asked_again_with_its_key_has_its_effect_once(self, on_sqlite):
        tallies, token = on_sqlite, on_sqlite.token()
        with Client(tallies.bus.amqp_uri, name="chaos") as client:

            def ask(seconds=60.0):
                return client.call(
                    "tally", "ask", {}, token=token, timeout_seconds=seconds, idempotency_key="k"
                )

            with tallies.running(point="before-reply", nth=1) as run:
                eventually(run.is_up)
                with pytest.raises(Unavailable):
                    ask(5.0)
                assert run.process.wait(30) == 9
            with tallies.running() as run:
                eventually(run.is_up)
                answers = [ask(), ask()]

        assert answers == [{"n": 1}, {"n": 1}]
        assert tallies.counted() == {"asked": 1}
