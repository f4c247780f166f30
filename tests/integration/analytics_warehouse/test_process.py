"""The warehouse as a process on a real log: killed, fed twice, refused, asked, built anew."""

import random
import threading
from pathlib import Path

import duckdb
import pytest

from services.analytics.warehouse import progress, star
from tests.support.bus import Bus, fresh_bus
from tests.support.waiting import eventually, linger
from tests.support.warehouse import (
    Message,
    Running,
    a_warehouse,
    an_order,
    landed,
    message,
    publish,
    rows,
    running,
)

__all__ = ["fresh_bus"]

CHUNK = 400


@pytest.mark.spec("ANA-05")
@pytest.mark.timeout(900)
@pytest.mark.parametrize("kills", [4, pytest.param(12, marks=pytest.mark.long)])
def test_killed_again_and_again_and_fed_twice_it_ends_exact(
    fresh_bus: Bus, tmp_path: Path, kills: int
) -> None:
    chance = random.Random(4711)  # noqa: S311 - instants of kills, no secret
    orders = [message(an_order(number)) for number in range(kills * CHUNK)]
    again = chance.sample(orders, 300)
    log = Running(tmp_path, fresh_bus.uri_of("warehouse"))
    places = []

    for kill in range(kills):
        chunk = orders[kill * CHUNK : (kill + 1) * CHUNK]
        feeding = threading.Thread(target=publish, args=(fresh_bus.amqp_uri, chunk))
        log.start()
        feeding.start()
        eventually(log.socket.exists)
        # Every other one dies as soon as it lives, the others in the middle of their work.
        wanted = chance.randrange(1, CHUNK) if kill % 2 else 0
        eventually(lambda wanted=wanted: log.applied() >= wanted)
        linger(chance.uniform(0, 0.3))
        log.kill()
        feeding.join()
        log.socket.unlink(missing_ok=True)
        places.append(_place(log.file))
    publish(fresh_bus.amqp_uri, again)
    log.start()
    status = log.caught_up(len(orders) + len(again) - 1)
    sums = log.ask("checksums")
    assert log.stop() == 0

    # The kills fell at different places, and left work behind.
    ends = [(kill + 1) * CHUNK - 1 for kill in range(kills)]
    assert len(set(places)) >= kills // 3, places
    assert places != ends
    assert {name: status[name] for name in ("applied", "duplicates", "quarantined", "gaps")} == {
        "applied": len(orders), "duplicates": len(again), "quarantined": 0, "gaps": 0,
    }  # fmt: skip
    uninterrupted = a_warehouse()
    landed(uninterrupted, orders)
    assert sums == star.checksums(uninterrupted)


def test_answers_is_ready_and_ends_in_order(fresh_bus: Bus, tmp_path: Path) -> None:
    bad = message(an_order(1)).but(total_minor="much")
    publish(fresh_bus.amqp_uri, [*(message(an_order(number)) for number in range(30)), bad])

    with running(tmp_path, fresh_bus) as warehouse:
        # The thread that measures the lag and the one that writes take turns of their own.
        status = warehouse.until(
            lambda told: (
                (told.get("applied_offset"), told["lag_events"], told["connected"]) == (30, 0, True)
            )
        )
        ready, alive = warehouse.get("/readyz"), warehouse.get("/livez")
        metrics = warehouse.get("/metrics").text
        quarantine = warehouse.ask_list("quarantine")
        books = warehouse.ask("books")
        ended = warehouse.stop()

    assert (ready.status_code, alive.status_code, ended) == (200, 200, 0)
    assert ready.json() == {"ready": True, "service": "warehouse", "wrong": {}}
    assert status["last_offset"] == 30
    assert status["by_type"] == {"sales.order.placed.v1": 30}
    assert status["quarantined_by_reason"] == {"shape": 1}
    assert [(one["event_id"], one["stream_offset"]) for one in quarantine] == [(bad.id, 30)]
    assert (books["orders"], books["lines"], books["amounts"]) == (30, 60, {"USD": 60_000})
    assert "crm_warehouse_applied_total 30.0" in metrics
    assert 'crm_warehouse_quarantined_total{reason="shape"} 1.0' in metrics
    assert not warehouse.socket.exists()


def test_a_second_process_is_refused_with_one_sentence(fresh_bus: Bus, tmp_path: Path) -> None:
    with running(tmp_path, fresh_bus) as warehouse:
        eventually(warehouse.socket.exists)

        second = warehouse.run(RAPPORT_OPS_PORT="0")
        rebuild = warehouse.run("rebuild")

        sentence = f"{warehouse.file} is in use by another process; only one can have it open."
        assert second == (1, "", sentence)
        assert rebuild == (1, "", sentence)
        assert warehouse.ask("status")["applied"] == 0


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"RAPPORT_WAREHOUSE_FILE": ""}, 2, "Missing setting RAPPORT_WAREHOUSE_FILE."),
        ({"RAPPORT_WAREHOUSE_FILE": "/no/such/place/w"}, 2, "directory that does not exist"),
        ({"RAPPORT_WAREHOUSE_SOCKET": "/" + "x" * 120}, 2, "longer than 100 bytes"),
        ({"RAPPORT_WAREHOUSE_THREADS": "0"}, 2, "RAPPORT_WAREHOUSE_THREADS must be from 1 to 64."),
        ({"RAPPORT_WAREHOUSE_THREADS": "two"}, 2, "RAPPORT_WAREHOUSE_THREADS must be of type int"),
        ({"RAPPORT_WAREHOUSE_MEMORY": "plenty"}, 1, "cannot be opened as a warehouse"),
        ({"RAPPORT_WAREHOUSE_COLOUR": "blue"}, 2, "Unknown setting RAPPORT_WAREHOUSE_COLOUR"),
    ],
)
def test_wrong_settings_end_it_with_one_sentence(
    tmp_path: Path, changes: dict[str, str], status: int, said: str
) -> None:
    nowhere = Running(tmp_path, "amqp://nobody@127.0.0.1:1")

    ended, _, sentence = nowhere.run(**changes)

    assert ended == status
    assert said in sentence
    assert "\n" not in sentence


@pytest.mark.timeout(900)
def test_a_rebuild_while_it_runs_gives_the_same_warehouse(fresh_bus: Bus, tmp_path: Path) -> None:
    publish(fresh_bus.amqp_uri, _told(40))
    with running(tmp_path, fresh_bus) as warehouse:
        warehouse.caught_up(41)
        before = warehouse.ask("checksums")

        warehouse.ask("rebuild")
        done = eventually(lambda: _rebuilt(warehouse))
        after = warehouse.ask("checksums")
        publish(fresh_bus.amqp_uri, [message(an_order(99))])
        status = warehouse.caught_up(42)

        assert (done["state"], done["events"]) == ("done", 41)
        assert after == before
        assert (status["applied"], status["duplicates"], status["ordinal"]) == (42, 1, 1)
        assert warehouse.stop() == 0


@pytest.mark.timeout(900)
def test_a_rebuild_from_the_log_alone_gives_the_same_checksums(
    fresh_bus: Bus, tmp_path: Path
) -> None:
    publish(fresh_bus.amqp_uri, _told(40))
    with running(tmp_path, fresh_bus) as warehouse:
        warehouse.caught_up(41)
        before = warehouse.ask("checksums")
        warehouse.stop()

    compared = warehouse.run("rebuild", "--from-log")
    warehouse.file.unlink()
    from_nothing = warehouse.run("rebuild", "--from-log")

    assert compared == (0, "rebuilt: 41 events, 0 in quarantine; equal to what stood", "")
    sentence = "rebuilt: 41 events, 0 in quarantine; there was nothing to compare with"
    assert from_nothing == (0, sentence, "")
    with duckdb.connect(str(warehouse.file), read_only=True) as con:
        assert star.checksums(con) == before


def _told(count: int) -> list[Message]:
    """Make orders, one of them revised, one told twice."""
    orders = [message(an_order(number)) for number in range(count)]
    revised = message(an_order(3, revision=2, version=2, lines=1), sequence=2)
    return [*orders, revised, orders[7]]


def _rebuilt(warehouse: Running) -> dict[str, object] | None:
    rebuild = warehouse.ask("status")["rebuild"]
    assert isinstance(rebuild, dict)
    assert rebuild["state"] != "failed", rebuild
    return rebuild if rebuild["state"] == "done" else None


def _place(file: Path) -> int | None:
    """Look up how far a warehouse had come when it was killed."""
    with duckdb.connect(str(file)) as con:
        tables = rows(con, "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'progress'")
        place = progress.current(con, "crm.log") if tables == [(1,)] else None
    return None if place is None else place.offset
