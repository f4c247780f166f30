"""How much of a call the bridge has kept: told from a real exchange to a real bridge."""

import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from chaos.load import playing
from chaos.load.playing import BridgeMemory, Exchange, Heard, Planned
from deploy.local.pbx import ReplayPbx
from tests.support.pbx import a_bridge
from tests.support.waiting import eventually

BUSY = Planned("06", "13900000001", "busy")  # over at once
CANCELLED = Planned("08", "13900000002", "cancelled")  # takes a second and a half


def a_stage(pbx: ReplayPbx, folder: Path) -> SimpleNamespace:
    """What an exchange needs of a stage: where the bridge keeps its spool, and whose clock it is."""
    return SimpleNamespace(
        pbx=pbx, house=SimpleNamespace(directory=folder, clock_file=folder / "clock.json")
    )


def test_a_call_is_heard_whole_in_part_or_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange = Exchange()
    with ReplayPbx() as pbx:
        stage = a_stage(pbx, tmp_path)
        with a_bridge(pbx, tmp_path / "spool") as bridge:
            with monkeypatch.context() as patient:
                patient.setattr(playing, "KEPT_SECONDS", 60.0)
                whole = exchange.play(stage, [BUSY, CANCELLED])
            memory = BridgeMemory(tmp_path / "spool")
            cutting = threading.Thread(
                target=lambda: (eventually(memory.under_way), pbx.cut()), daemon=True
            )
            cutting.start()  # in the middle of the ringing
            partly = exchange.play(stage, [CANCELLED])
            cutting.join()
            eventually(lambda: not bridge.machine.calls, because="the bridge knows the end")
        unheard = exchange.play(stage, [BUSY])

    assert [one.heard for one in whole] == [Heard.WHOLE, Heard.WHOLE]
    assert [one.heard for one in partly] == [Heard.PARTLY]
    assert [one.heard for one in unheard] == [Heard.NOT]
    names = {one.linkedid for one in (*whole, *partly, *unheard)}
    assert len(names) == 4


def test_a_bridge_that_was_never_there_has_kept_nothing(tmp_path: Path) -> None:
    memory = BridgeMemory(tmp_path)

    assert memory.under_way() == set()
    assert memory.heard_at() is None
    assert memory.is_empty()
