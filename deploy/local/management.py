"""What the broker's management port tells: who we are there, and how its queues stand."""

from collections import Counter
from dataclasses import dataclass
from typing import Any  # JSON of the broker's own making
from urllib.parse import quote

import httpx

TIMEOUT_SECONDS = 10
# The plain listing lags five seconds behind; this one reads the counters themselves.
LISTING = "/api/queues/%2F?disable_stats=true&enable_queue_totals=true"


@dataclass(frozen=True, slots=True)
class QueueState:
    """How one queue stands; numbers are up to a second old, consumers up to five."""

    name: str
    kind: str
    ready: int
    unacked: int
    held: int  # expired or refused, and not yet where they go then
    consumers: int
    is_running: bool


def is_administrator(management_uri: str) -> bool:
    """Tell whether the user in the URI may create users and permissions."""
    try:
        with _client(management_uri) as client:
            return "administrator" in _get(client, "/api/whoami")["tags"]
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return False


def queues(management_uri: str) -> list[QueueState]:
    """List the queues of the default virtual host by name.

    :raises httpx.HTTPError: if the management port does not answer.
    """
    with _client(management_uri) as client:
        consumers = Counter(one["queue"]["name"] for one in _get(client, "/api/consumers/%2F"))
        rows = [_with_totals(client, row) for row in _get(client, LISTING)]
    states = [
        QueueState(
            name=row["name"],
            kind=row.get("type", "classic"),
            ready=row.get("messages_ready", 0),
            unacked=row.get("messages_unacknowledged", 0),
            held=_held(row),
            consumers=consumers[row["name"]],
            is_running=row.get("state", "running") == "running",
        )
        for row in rows
    ]
    return sorted(states, key=lambda state: state.name)


def all_run(management_uri: str) -> bool:
    """Tell whether the broker has every queue that it knows of."""
    try:
        return all(queue.is_running for queue in queues(management_uri))
    except httpx.HTTPError:
        return False


def reset(management_uri: str) -> None:
    """Empty the broker: drop the default virtual host with all its queues and make it anew.

    :raises httpx.HTTPError: if the user may not, or the port does not answer.
    """
    user = httpx.URL(management_uri).username
    everything = {"configure": ".*", "write": ".*", "read": ".*"}
    with _client(management_uri) as client:
        client.delete("/api/vhosts/%2F").raise_for_status()
        client.put("/api/vhosts/%2F").raise_for_status()
        client.put(f"/api/permissions/%2F/{user}", json=everything).raise_for_status()


def _with_totals(client: httpx.Client, row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with its numbers: a stream has them on its own page, while it runs."""
    if "messages_ready" in row or row.get("state") != "running":
        return row
    return {**row, **_get(client, f"/api/queues/%2F/{quote(row['name'], safe='')}")}


def _held(row: dict[str, Any]) -> int:
    waiting = row.get("messages_ready", 0) + row.get("messages_unacknowledged", 0)
    return max(0, int(row.get("messages", waiting) - waiting))


def _client(management_uri: str) -> httpx.Client:
    uri = httpx.URL(management_uri)
    return httpx.Client(
        base_url=uri.copy_with(username=None, password=None),  # errors quote the address
        auth=(uri.username, uri.password),
        trust_env=False,
        timeout=TIMEOUT_SECONDS,
    )


def _get(client: httpx.Client, path: str) -> Any:
    answer = client.get(path)
    answer.raise_for_status()
    return answer.json()
