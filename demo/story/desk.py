"""Where the main job sits: the house, a client of its services, the clock and the history."""

import time as real
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from chassis.clock import REFRESH_SECONDS, Clock
from chassis.plain.rpc import Client
from chassis.tokens import HOUSE, Signer
from chassis.topology.names import OPERATOR
from demo.history import History
from demo.story.console import Console
from deploy.local.house import House

CALL_SECONDS = 20.0
WAIT_SECONDS = 60.0
PAUSE_SECONDS = 0.05


@dataclass
class Desk:
    """What every chapter needs."""

    house: House
    history: History
    console: Console
    folder: Path
    client: Client = field(init=False)
    tokens: dict[str, str] = field(default_factory=dict)

    def open(self) -> None:
        """Connect as the operator, and sign the first administrator by hand."""
        self.client = Client(self.house.uri_of(OPERATOR), name="demo").start()
        signer = Signer(self.house.signing_keys / "accounts.key", "accounts")
        self.tokens["admin"] = signer.sign("person:first-admin", [HOUSE], roles=["admin"])

    def close(self) -> None:
        """Leave."""
        if hasattr(self, "client"):
            self.client.close()

    def call(self, method: str, payload: dict[str, Any], *, who: str = "admin") -> Any:
        """Call ``service.method`` as somebody.

        :raises Problem: what the service answers.
        """
        service, _, name = method.partition(".")
        token = self.tokens[who]
        return self.client.call(service, name, payload, token=token, timeout_seconds=CALL_SECONDS)

    def sign_in(self, staff_id: str) -> None:
        """Get a token with the rights that the directory gives."""
        found = self.call("accounts.token_claims", {"staff_id": staff_id})
        signer = Signer(self.house.signing_keys / "accounts.key", "accounts")
        self.tokens[staff_id] = signer.sign(
            found["subject"],
            [HOUSE],
            roles=found["roles"],
            entity=found["entity"],
            teams=found["teams"],
            territories=found["territories"],
        )

    def travel(self, day: date, hour: int = 9) -> None:
        """Move the business clock of the house."""
        self.travel_to(datetime.combine(day, time(hour), UTC))

    def travel_to(self, instant: datetime) -> None:
        """Move the business clock of the house to an instant, and wait until everybody has looked."""
        Clock.travel(self.house.clock_file, instant)
        real.sleep(2 * REFRESH_SECONDS)

    def wait(
        self, condition: Callable[[], Any], because: str, seconds: float = WAIT_SECONDS
    ) -> Any:
        """Wait until something is so, and return it.

        :raises TimeoutError: if it does not become so.
        """
        give_up = real.monotonic() + seconds
        while not (found := condition()):
            if real.monotonic() > give_up:
                raise TimeoutError(f"waited {seconds:.0f} s in vain until {because}")
            real.sleep(PAUSE_SECONDS)
        return found

    def pages(self, method: str, payload: dict[str, Any], *, who: str = "admin") -> Iterator[Any]:
        """Yield the items of all pages of a list."""
        after = None
        while True:
            page = self.call(method, payload | ({"after": after} if after else {}), who=who)
            yield from page["items"]
            after = page.get("next")
            if after is None:
                return
