"""Asking: what the other side does never hangs the asker, and never passes for an answer."""

import socket
import struct
import threading
from pathlib import Path

import pytest

from chassis.errors import RemoteBug, Unavailable
from services.analytics.warehouse import wire
from services.analytics.warehouse.asking import ask


class TestWhatTheOtherSideSays:
    @pytest.mark.parametrize(
        ("sent", "raised"),
        [
            (struct.pack(">I", 7) + b"no json", RemoteBug),
            (struct.pack(">I", 2) + b"[]", RemoteBug),
            (struct.pack(">I", 2) + b"{}", RemoteBug),
            (struct.pack(">I", 0xFFFFFFFF), RemoteBug),
            (b"", Unavailable),
            (struct.pack(">I", 20) + b"half", Unavailable),
        ],
    )
    def test_is_never_taken_for_an_answer(
        self, tmp_path: Path, sent: bytes, raised: type[Exception]
    ) -> None:
        path = tmp_path / "liar.sock"
        with socket.socket(socket.AF_UNIX) as liar:
            liar.bind(str(path))
            liar.listen(1)

            def lie() -> None:
                connection, _ = liar.accept()
                wire.receive(connection, wire.MAX_REQUEST)
                connection.sendall(sent)
                connection.close()

            thread = threading.Thread(target=lie)
            thread.start()
            with pytest.raises(raised):
                ask(path, "status", {}, 5)
            thread.join()

    def test_silence_is_waited_for_only_so_long(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("services.analytics.warehouse.asking.GRACE_SECONDS", 0.1)
        path = tmp_path / "mute.sock"
        with socket.socket(socket.AF_UNIX) as mute:
            mute.bind(str(path))
            mute.listen(1)

            with pytest.raises(Unavailable) as late:
                ask(path, "status", {}, 0.2)

        assert late.value.code == "warehouse.timeout"

    def test_nobody_is_there(self, tmp_path: Path) -> None:
        with pytest.raises(Unavailable) as absent:
            ask(tmp_path / "nobody.sock", "status")

        assert absent.value.code == "warehouse.absent"
