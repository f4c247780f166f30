"""Run the streams side by side, hold them, let them go on."""

import threading
import time
from collections import Counter
from collections.abc import Sequence
from random import Random

from chaos.load.stream import Stream
from chaos.stage import Stage, Stopped
from chassis.errors import Problem


class Driver:
    """A thread for each stream."""

    def __init__(self, stage: Stage, streams: Sequence[Stream], seed: int) -> None:
        self._stage, self._streams = stage, streams
        self._go, self._ended = threading.Event(), threading.Event()
        self._busy = {stream.name: threading.Event() for stream in streams}
        self.steps = {stream.name: 0 for stream in streams}
        self.refusals: Counter[str] = Counter()  # of commands that nothing should refuse
        self._threads = [
            threading.Thread(target=self._run, args=(stream, Random(f"{seed} {stream.name}")))
            for stream in streams
        ]

    def start(self) -> None:
        """Let every stream prepare, one after the other, and then wait."""
        for stream in self._streams:
            stream.set_up(self._stage)
        for thread in self._threads:
            thread.daemon = True
            thread.start()

    def go(self) -> None:
        """Let them work."""
        self._stage.stop_asking.clear()
        self._go.set()

    def hold(self, seconds: float) -> list[str]:
        """Let each end its operation; name those that did not in time, and make them give up."""
        self._go.clear()
        deadline = time.monotonic() + seconds
        while self._at_work() and time.monotonic() < deadline:
            time.sleep(0.05)
        late = self._at_work()
        if late:
            self._stage.stop_asking.set()
        return late

    def end(self) -> None:
        """End the threads."""
        self._ended.set()
        self._stage.stop_asking.set()
        self._go.set()
        for thread in self._threads:
            if thread.ident is not None:  # else a stream could not even prepare
                thread.join(30)

    def progress_since(self, before: dict[str, int]) -> list[str]:
        """Name the streams that have not ended an operation since then."""
        return [name for name, count in self.steps.items() if count <= before[name]]

    def _at_work(self) -> list[str]:
        return [name for name, busy in self._busy.items() if busy.is_set()]

    def _run(self, stream: Stream, dice: Random) -> None:
        busy = self._busy[stream.name]
        while self._go.wait() and not self._ended.is_set():
            began = time.monotonic()
            busy.set()
            try:
                stream.step(self._stage, dice)
                self.steps[stream.name] += 1
            except Stopped:
                self._stage.ledger.count("given up")
            except Problem as problem:
                self.refusals[f"{stream.name}: {problem.code}: {problem.message}"] += 1
            except Exception as error:  # noqa: BLE001 - a stream that dies would prove nothing
                self.refusals[f"{stream.name} failed: {type(error).__name__}: {error}"] += 1
            finally:
                busy.clear()
            self._ended.wait(max(0.0, 1 / stream.per_second - (time.monotonic() - began)))
