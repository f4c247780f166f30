"""One stored state of a process, held by whoever takes its next step."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, update
from sqlalchemy.orm import Session

from chassis.caller import Caller
from chassis.errors import Conflict
from chassis.origin import Origin
from chassis.runtime import Runtime
from chassis.steps import AnyStep, Process, freeze, thaw
from chassis.tables import PROCESSES
from chassis.work import Work

OPEN = ("running", "acting", "undoing")
_T = PROCESSES.c


class LeaseLost(Conflict):
    """Say that somebody else runs the process by now; what was just done is rolled back."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One stored state of a process, held by us."""

    runtime: Runtime
    process: Process[Any]
    row: Row[Any]
    lease: float  # the one that the next stored state is held with
    marked: bool = False  # the mark on the row is our own, and nothing was done since
    saved: list[Row[Any]] = field(default_factory=list)  # the next stored state, once committed

    @property
    def step(self) -> AnyStep[Any]:
        """Return the step that is next."""
        return self.process.steps[int(self.row.step)]

    @property
    def state(self) -> Any:
        """Return a fresh copy of what the steps have learnt."""
        return thaw(self.process.state, self.row.data)

    def origin(self) -> Origin:
        """Act as the service, on behalf of whoever began the process."""
        service, actor = self.runtime.service, self.row.actor
        own = f"service:{service}"
        caller = Caller(own, on_behalf_of=None if actor == own else actor)
        channel = f"process:{self.process.kind}"
        return Origin(service, caller, channel, self.row.correlation_id, self.row.id)

    def save(self, session: Session, **values: object) -> None:
        """Store the next state, under the lease.

        :raises LeaseLost: if it is not ours any more.
        """
        done = session.execute(
            update(PROCESSES)
            .where(_T.id == self.row.id, _T.next_try == self.row.next_try, _T.status.in_(OPEN))
            .values(**{"next_try": self.lease} | values)
            .returning(PROCESSES)
        )
        row = done.one_or_none()
        if row is None:
            raise LeaseLost("Somebody else runs this process by now.", code="process.lease_lost")
        self.saved[:] = [row]

    def advance(self, work: Work, state: object, *, again: bool = False) -> None:
        """Store that the step was taken, in the transaction of what it did."""
        work.flush()
        taken = self.row.step if again else self.row.step + 1
        last = taken == len(self.process.steps)
        self.save(
            work.session, step=taken, data=freeze(state), attempts=0, error=None,
            status="done" if last else "running", finished_at=work.now if last else None,
        )  # fmt: skip
