"""Where the main job sits: the house, a client of its services, the clock and the history."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from chassis.clock import Clock
from chassis.plain.rpc import Client
from chassis.tokens import HOUSE, Signer
from chassis.topology.names import OPERATOR
from demo.history import History
from demo.story.console import Console
from deploy.local.house import House

CALL_SECONDS = 20.0


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
        Clock.travel(self.house.clock_file, datetime.combine(day, time(hour), UTC))
