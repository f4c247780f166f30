"""What the link refuses, and what it does at its bounds; on a real socket, no broker needed."""

import contextlib
import socket
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from deploy.local.pbx import ReplayPbx, Told
from services.telephony.bridge.config import Own
from services.telephony.bridge.listening import Listener
from services.telephony.bridge.machine import Machine
from services.telephony.bridge.spool import Spool
from tests.support.pbx import (
    BOOTED,
    QUICK,
    Bridge,
    a_bridge,
    captured,
    fields_of,
    heard_all,
)
from tests.support.waiting import eventually, stays


@pytest.fixture
def pbx() -> Iterator[ReplayPbx]:
    with ReplayPbx(secret="s3cret", booted=BOOTED) as running:
        yield running


def dropped(reason: str) -> float:
    return REGISTRY.get_sample_value("crm_cti_dropped_links_total", {"reason": reason}) or 0.0


def place(told: Sequence[Told], event: str) -> int:
    return next(at for at, one in enumerate(told) if fields_of(one)["Event"] == event)


def tell(pbx: ReplayPbx, told: Sequence[Told], bridge: Bridge) -> None:
    for one in told:
        pbx.tell(one)
    heard_all(bridge, told[-1])


class TestRefused:
    @contextlib.contextmanager
    def listening(self, port: int, tmp_path: Path, secret: str = "s3cret") -> Iterator[None]:
        own = Own(pbx_uri=f"ami://bridge:{secret}@127.0.0.1:{port}", spool=tmp_path)
        spool = Spool(tmp_path, own.spool_bytes)
        machine = Machine("CN", own.trunks())
        listener = Listener(machine, spool, lambda: None, own.address(), QUICK)
        listener.start()
        yield
        listener.stop()
        spool.close()

    def test_a_wrong_secret_is_said_once_and_tried_again(
        self, pbx: ReplayPbx, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        before = dropped("refused")
        with self.listening(pbx.port, tmp_path, "wr0ng"):
            eventually(lambda: dropped("refused") - before >= 3)

        said = capsys.readouterr().out
        assert said.count("does not let user bridge in: Authentication failed") == 1
        assert "wr0ng" not in said

    def test_something_else_that_listens_is_told(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        before = dropped("refused")
        with socket.create_server(("127.0.0.1", 0)) as server:
            threading.Thread(target=_answer_as_a_web_server, args=(server,), daemon=True).start()
            with self.listening(server.getsockname()[1], tmp_path):
                eventually(lambda: dropped("refused") > before)

        assert "does not speak the manager interface" in capsys.readouterr().out

    def test_nobody_there_is_said_once(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        before = dropped("unreachable")
        with self.listening(9, tmp_path):
            eventually(lambda: dropped("unreachable") - before >= 3)

        assert capsys.readouterr().out.count("cannot be reached") == 1


class TestBounds:
    def test_more_than_can_be_understood_drops_the_link_on_purpose_and_resyncs(
        self, pbx: ReplayPbx, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = dropped("overflow")
        limits, one_call = replace(QUICK, waiting=100), captured("05")
        with a_bridge(pbx, tmp_path, limits=limits) as bridge:
            tell(pbx, one_call[:5], bridge)
            held, hear = threading.Event(), bridge.machine.hear
            monkeypatch.setattr(bridge.machine, "hear", lambda one: (held.wait(60), hear(one)))
            pbx.play(*["01"] * 10)
            eventually(lambda: pbx.listeners == 0)
            for one in one_call[5:]:
                pbx.tell(one)
            held.set()
            eventually(lambda: bridge.count("cti.link.restored") == 2)

            told = bridge.told()
            begun = {one["call_id"] for one in told}
            ended = Counter(one["call_id"] for one in told if one["state"] == "cleared")
            assert ended == dict.fromkeys(begun, 1)
            assert {one["end_reason"] for one in told if one["state"] == "cleared"} == {"lost"}
        assert dropped("overflow") - before == 1

    def test_a_full_spool_stops_the_listening_until_there_is_room(
        self, pbx: ReplayPbx, tmp_path: Path
    ) -> None:
        before = dropped("spool_full")
        with a_bridge(pbx, tmp_path, limit=30_000) as bridge:
            pbx.play(*["01"] * 20)
            eventually(lambda: dropped("spool_full") - before == 1)
            stays(lambda: pbx.listeners == 0, seconds=0.3)
            kept = bridge.spool.next(1000)

            bridge.spool.settle(kept)
            eventually(lambda: pbx.listeners == 1)

        assert bridge.spool.bytes < 30_000

    def test_a_spool_that_fails_goes_back_to_what_it_kept(
        self, pbx: ReplayPbx, tmp_path: Path
    ) -> None:
        told, before = captured("05"), dropped("spool_failed")
        rings, talks = place(told, "DialBegin"), place(told, "BridgeCreate")
        with a_bridge(pbx, tmp_path) as bridge:
            tell(pbx, told[:rings], bridge)
            bridge.spool._writer.execute("PRAGMA query_only = 1")  # as a disk that is full
            for one in told[rings:talks]:
                pbx.tell(one)
            eventually(lambda: dropped("spool_failed") > before)
            bridge.spool._writer.execute("PRAGMA query_only = 0")
            eventually(lambda: bridge.count("cti.link.restored") == 2)
            tell(pbx, told[talks:], bridge)

            assert [one["seq"] for one in bridge.told()] == [1, 2, 3]
            assert bridge.told()[-1]["outcome"] == "answered"


def _answer_as_a_web_server(server: socket.socket) -> None:
    while True:
        try:
            line, _ = server.accept()
        except OSError:
            return
        with line:
            line.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
