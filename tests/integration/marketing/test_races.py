"""Three workers on one database race for the same messages: each is sent by one of them, once."""

import threading
from collections import Counter
from contextlib import ExitStack

import pytest

from chassis import processes
from chassis.tables import PROCESSES
from deploy.local.house import Kind
from services.marketing.tables import Send
from tests.support.marketing import a_marketing, allow, fates, know_customer, launched

WORKERS, RECIPIENTS = 3, 30


# SQLite serves one process; there is nobody to race with.
@pytest.mark.parametrize("database_kind", [Kind.POSTGRESQL], indirect=True, ids=str)
def test_nobody_gets_two_and_everybody_one(marketing, post, database_url, tmp_path):
    for number in range(2, RECIPIENTS + 1):
        know_customer(marketing, f"c{number}", tier="vip")
        allow(marketing, f"c{number}")
    launched(marketing)
    ids = [row.id for row in marketing.rows(PROCESSES) if row.kind == "send_message"]
    start = threading.Barrier(WORKERS)

    def race(runtime):
        start.wait(30)
        for id_ in ids:
            processes.take_up(runtime, "send_message", id_)

    with ExitStack() as rooms:
        opened = [
            rooms.enter_context(a_marketing(database_url, tmp_path, post.uri))
            for _ in range(WORKERS)
        ]
        workers = [threading.Thread(target=race, args=(room.runtime,)) for room in opened]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(60)

    assert Counter(fates(marketing).values()) == {("sent", None): RECIPIENTS}
    assert {one.attempts for one in marketing.rows(Send)} == {1}
    boxes = Counter(one.recipient for one in post.sink.messages())
    assert (len(boxes), set(boxes.values())) == (RECIPIENTS, {1})
