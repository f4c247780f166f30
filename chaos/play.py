"""Play faults one by one or together, and settle the account after each."""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from random import Random

from chaos import proofs
from chaos.faults.fault import Fault
from chaos.load.driver import Driver
from chaos.load.stream import Stream
from chaos.replicas import spread
from chaos.stage import FEW, Expected, Stage, Stopped
from chaos.watch import Watch, await_quiet, under_way
from deploy.local.machine import CannotRun

STEADY_SECONDS = 180.0  # in which every stream ends an operation, before anything fails
HOLD_SECONDS = 180.0  # in which every stream ends its operation, after
SETTLE_SECONDS = 240.0  # the longest retry tier and a little
PAUSE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one act."""

    faults: tuple[str, ...]
    operations: int  # acknowledged while it played
    asked_again: int  # calls that got no answer, or "not now"
    duplicates: int  # deliveries that were recognised as repeated or overtaken
    recovered_seconds: float | None  # from the fault's end until everything took work again
    settled_seconds: float | None  # from the load's end until nothing was under way
    wrong: tuple[str, ...]
    parked: int  # as was expected

    @property
    def held(self) -> bool:
        """Whether every promise held."""
        return not self.wrong


@dataclass
class Play:
    """One house, one load, one fault after another."""

    stage: Stage
    streams: Sequence[Stream]
    seed: int
    replicas: int = 1  # processes of each service
    outcomes: list[Outcome] = field(default_factory=list)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Open the house and start the load, held."""
        self.driver = Driver(self.stage, self.streams, self.seed)
        self.watch = Watch(self.stage)
        self.stage.open()
        spread(self.stage, self.replicas)
        self.watch.start()
        try:
            self.driver.start()
            yield
        finally:
            self.driver.end()
            self.watch.end()

    def act(self, faults: Sequence[Fault], dice: Random) -> Outcome:
        """Strike some faults at a time while the load goes on, then settle the account."""
        stage, wrong = self.stage, []
        stage.expected = Expected()
        stage.bugs.clear()
        self.driver.refusals.clear()
        operations, again = stage.ledger.operations, stage.ledger.asked["asked again"]
        self.watch.look()
        duplicates = self.watch.total("duplicate", "stale")
        recovered = settled = None
        self.driver.go()
        try:
            self._steady(STEADY_SECONDS)
            with ExitStack() as stack:
                for fault in faults:
                    stack.enter_context(fault.strike(stage, dice))
                time.sleep(max(fault.hold_seconds for fault in faults))
            recovered = self._recovery(max(fault.recovery_seconds for fault in faults))
            settled = self._settling()
        except CannotRun as failed:
            wrong.append(str(failed))
        finally:
            self.driver.hold(0.0)
        wrong += self._account()
        self.watch.look()
        outcome = Outcome(
            faults=tuple(fault.name for fault in faults),
            operations=stage.ledger.operations - operations,
            asked_again=stage.ledger.asked["asked again"] - again,
            duplicates=self.watch.total("duplicate", "stale") - duplicates,
            recovered_seconds=recovered,
            settled_seconds=settled,
            wrong=tuple(wrong),
            parked=stage.expected.parked.total(),
        )
        self.outcomes.append(outcome)
        return outcome

    def _steady(self, seconds: float) -> None:
        """Wait until every stream has ended an operation from now on."""
        before, deadline = dict(self.driver.steps), time.monotonic() + seconds
        while late := self.driver.progress_since(before):
            if time.monotonic() > deadline:
                raise CannotRun(
                    f"without an ended operation for {seconds:.0f} s: {', '.join(late)}"
                )
            time.sleep(PAUSE_SECONDS)

    def _recovery(self, seconds: float) -> float:
        """Wait until every process takes work and every stream gets on; return how long that took."""
        began = time.monotonic()
        self.stage.await_all_ready(seconds)
        self._steady(max(1.0, seconds - (time.monotonic() - began)))
        return round(time.monotonic() - began, 1)

    def _settling(self) -> float:
        """Hold the load and wait until nothing is under way."""
        late = self.driver.hold(HOLD_SECONDS)
        if late:
            raise CannotRun(
                f"in one operation for more than {HOLD_SECONDS:.0f} s: {', '.join(late)}"
            )
        return await_quiet(self._waiting, SETTLE_SECONDS)

    def _waiting(self) -> list[str]:
        unsettled = [f"{one.name} goes on" for one in self.streams if not one.settled(self.stage)]
        return unsettled or under_way(self.stage)

    def _account(self) -> list[str]:
        """Hold the ledger and the house against each other."""
        self.stage.stop_asking.clear()  # the account asks, too
        refused = self.driver.refusals.most_common(FEW)
        found = [f"{sentence} ({count} times)" for sentence, count in refused]
        if len(self.stage.bugs) > self.stage.expected.bugs:
            found += self.stage.bugs[:FEW]
        for stream in self.streams:
            found += _few(stream.wrong(self.stage))
        for proof in proofs.PROOFS:
            found += _few(proof(self.stage))
        return found


def _few(sentences: Iterator[str]) -> list[str]:
    every: list[str] = []
    try:
        every.extend(sentences)
    except Stopped as unanswered:  # the house was given up before
        every.append(f"the account is not whole: {unanswered} was not answered")
    except CannotRun as failed:
        every.append(f"the account is not whole: {failed}")
    more = [f"… and {len(every) - FEW} more of this kind"] if len(every) > FEW else []
    return every[:FEW] + more
