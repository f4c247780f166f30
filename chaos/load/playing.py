"""Calls as the telephone exchange tells them, and how much of each the bridge has kept for good."""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from chaos import times
from chaos.stage import Stage
from deploy.local.pbx import Play, Told
from deploy.local.pbx.playing import together

CAPTURED = "13800138000"  # who calls in the captures that are played
APART = timedelta(seconds=0.4)  # between the beginnings of two calls of a round
KEPT_SECONDS = 3.0  # in which the bridge has kept what it heard; it takes a tenth
POLL_SECONDS = 0.05
LAST = "Hangup"


class Heard(StrEnum):
    """How much of a call the bridge has kept."""

    WHOLE = "whole"  # by one link from before its beginning to its end
    PARTLY = "partly"  # its beginning; the bridge was away later, or has not kept the end yet
    NOT = "not"  # nothing that anybody knows of


@dataclass(frozen=True, slots=True)
class Planned:
    """A call that is to be played: what happens in it, and who calls."""

    capture: str
    number: str  # as the network says it: national
    outcome: str  # what it comes to
    customer_id: str | None = None


@dataclass(frozen=True, slots=True)
class Played:
    """A call that was played."""

    linkedid: str  # what the exchange calls it
    planned: Planned
    heard: Heard


@dataclass(slots=True)
class _Call:
    planned: Planned
    events: list[Told]
    begun: bool = False  # the bridge had it under way

    @property
    def linkedid(self) -> str:
        return self.events[0].fields()["Linkedid"]

    @property
    def over_at(self) -> datetime:
        return max(one.at for one in self.events if one.fields()["Event"] == LAST)


class BridgeMemory:
    """What the bridge has on its disk: it survives the bridge, so it is as good as acknowledged."""

    def __init__(self, folder: Path) -> None:
        self._uri = f"file:{folder / 'spool.db'}?mode=ro"

    def under_way(self) -> set[str]:
        """Return the calls that are not over, as the exchange calls them."""
        return {str(row[0]) for row in self._rows("select linkedid from calls")}

    def heard_at(self) -> datetime | None:
        """Return up to which instant of the exchange it has kept what it heard."""
        for (text,) in self._rows("select value from facts where name = 'heard_at'"):
            return datetime.fromisoformat(text) if text else None
        return None

    def is_empty(self) -> bool:
        """Say whether no call is under way and nothing waits for the broker."""
        return not self._rows("select 1 from calls union all select 1 from outbox limit 1")

    def _rows(self, query: str) -> list[tuple[str, ...]]:
        with (
            suppress(sqlite3.OperationalError),  # there is no such file yet, or it is being made
            closing(sqlite3.connect(self._uri, uri=True, timeout=5)) as spool,
        ):
            return spool.execute(query).fetchall()
        return []


def memory(stage: Stage) -> BridgeMemory:
    """Return the memory of the bridge of a house."""
    return BridgeMemory(stage.house.directory / "spool")


class Exchange:
    """Plays rounds of calls at the pace at which they were captured."""

    def __init__(self) -> None:
        self._last: datetime | None = None  # the clock of an exchange does not go back

    def play(self, stage: Stage, round_: Sequence[Planned]) -> list[Played]:
        """Play some calls side by side, and say how much of each the bridge has kept."""
        pbx = stage.pbx
        assert pbx is not None, "whoever plays calls needs the bridge in the house"
        calls = list(self._calls(stage, round_))
        link, unbroken = pbx.logins, pbx.listeners > 0
        began, first = time.monotonic(), min(call.events[0].at for call in calls)
        kept = memory(stage)
        for told in together(iter(call.events) for call in calls):
            due = began + (told.at - first).total_seconds()
            time.sleep(max(0.0, due - time.monotonic()))
            pbx.tell(told)
            self._note(kept, calls)
            unbroken = unbroken and pbx.listeners > 0
        deadline = time.monotonic() + KEPT_SECONDS
        while time.monotonic() < deadline and not _has_all(kept, calls):
            time.sleep(POLL_SECONDS)
        return [
            Played(one.linkedid, one.planned, _heard(kept, one, unbroken and link == pbx.logins))
            for one in calls
        ]

    def _calls(self, stage: Stage, round_: Sequence[Planned]) -> Iterator[_Call]:
        assert stage.pbx is not None
        begins = times.now(stage)
        if self._last is not None:
            begins = max(begins, self._last + APART)
        for place, one in enumerate(round_):
            play = Play(one.capture, begins + place * APART, {CAPTURED: one.number})
            call = _Call(one, list(stage.pbx.events(play)))
            self._last = max(self._last or begins, call.events[-1].at)
            yield call

    @staticmethod
    def _note(kept: BridgeMemory, calls: Sequence[_Call]) -> None:
        if all(call.begun for call in calls):
            return
        there = kept.under_way()
        for call in calls:
            call.begun = call.begun or call.linkedid in there


def _has_all(kept: BridgeMemory, calls: Sequence[_Call]) -> bool:
    heard = kept.heard_at()
    return heard is not None and all(heard >= call.over_at for call in calls)


def _heard(kept: BridgeMemory, call: _Call, is_unbroken: bool) -> Heard:
    heard = kept.heard_at()
    ended = heard is not None and heard >= call.over_at and call.linkedid not in kept.under_way()
    if is_unbroken and ended:
        return Heard.WHOLE
    return Heard.PARTLY if call.begun else Heard.NOT
