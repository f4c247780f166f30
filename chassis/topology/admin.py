"""The broker's management API: users, rights and bindings, which AMQP itself cannot show."""

from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx
import pika

from chassis.errors import Forbidden, Unavailable
from chassis.topology.shapes import Binding, TopicRight, User

TIMEOUT_SECONDS = 10.0
FORBIDDEN_STATUSES = frozenset({401, 403})


@dataclass(frozen=True, slots=True)
class Node:
    """How one node of the broker stands; an alarm is on memory or on disk."""

    name: str
    is_running: bool
    alarms: tuple[str, ...]
    partitions: tuple[str, ...]  # the nodes that it is cut off from


class Admin:
    """Ask and change one virtual host through the management API."""

    def __init__(self, admin_uri: str, vhost: str) -> None:
        uri = httpx.URL(admin_uri)
        self._where = f"{uri.host}:{uri.port or 80}"
        self._vhost = quote(vhost, safe="")
        self._http = httpx.Client(
            base_url=uri.copy_with(username=None, password=None),
            auth=(uri.username, uri.password),
            timeout=TIMEOUT_SECONDS,
            trust_env=False,  # a proxy for the outside world must not see the password
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def require_rights(self) -> None:
        """Check that users can be changed.

        :raises Forbidden: if this login is no administrator.
        """
        tags = self._ask("GET", "whoami").json().get("tags", [])
        found = tags.split(",") if isinstance(tags, str) else tags
        if "administrator" not in found:
            raise Forbidden(
                f"The login at {self._where} is no administrator.", code="broker.no_administrator"
            )

    def nodes(self) -> list[Node]:
        """Return the broker's nodes.

        :raises Forbidden: if this login may not monitor.
        """
        return [
            Node(
                name=one["name"],
                is_running=bool(one.get("running")),
                alarms=tuple(
                    what
                    for what, key in (("memory", "mem_alarm"), ("disk", "disk_free_alarm"))
                    if one.get(key)
                ),
                partitions=tuple(one.get("partitions", ())),
            )
            for one in self._rows("nodes")
        ]

    def now(self) -> float:
        """Return what the broker's clock says, in seconds since the epoch, to a second."""
        told = self._ask("GET", "whoami").headers["date"]
        return parsedate_to_datetime(told).timestamp()

    def sizes(self) -> dict[str, int]:
        """Return how many bytes wait in each queue."""
        rows = self._rows(f"queues/{self._vhost}?columns=name,message_bytes")
        return {one["name"]: int(one.get("message_bytes", 0)) for one in rows}

    def exchanges(self) -> dict[str, str]:
        """Return every exchange with its kind."""
        return {one["name"]: one["type"] for one in self._rows(f"exchanges/{self._vhost}")}

    def queues(self) -> dict[str, dict[str, object]]:
        """Return every queue with its arguments."""
        columns = "?columns=name,arguments,durable,exclusive"
        rows = self._rows(f"queues/{self._vhost}{columns}")
        return {one["name"]: one["arguments"] for one in rows if not one.get("exclusive")}

    def bindings(self) -> set[Binding]:
        """Return every binding but the default ones."""
        return {
            Binding(
                one["source"],
                one["destination"],
                one["routing_key"],
                one["destination_type"] == "exchange",
            )
            for one in self._rows(f"bindings/{self._vhost}")
            if one["source"]
        }

    def user(self, name: str) -> User | None:
        """Return a user with its rights in this virtual host, or None if there is no such user."""
        found = self._ask("GET", f"users/{name}", missing_ok=True)
        if found.is_error:
            return None
        tags = found.json().get("tags", [])
        rights = self._ask("GET", f"permissions/{self._vhost}/{name}", missing_ok=True)
        given = rights.json() if rights.is_success else {}
        topics = [
            TopicRight(one["exchange"], one["write"], one["read"])
            for one in self._rows(f"users/{name}/topic-permissions")
            if quote(one["vhost"], safe="") == self._vhost
        ]
        return User(
            name,
            given.get("configure", ""),
            given.get("write", ""),
            given.get("read", ""),
            tuple(topics),
            tuple(tags.split(",") if isinstance(tags, str) else tags),
        )

    def put_password(self, user: User, password: str) -> None:
        """Create a user, or give it this password and its tags."""
        content = {"password": password, "tags": ",".join(user.tags)}
        self._ask("PUT", f"users/{user.name}", content)

    def put_rights(self, user: User) -> None:
        """Give a user exactly its rights in this virtual host."""
        content = {"configure": user.configure, "write": user.write, "read": user.read}
        self._ask("PUT", f"permissions/{self._vhost}/{user.name}", content)
        path = f"topic-permissions/{self._vhost}/{user.name}"
        present = self.user(user.name)
        wanted = {topic.exchange for topic in user.topics}
        if present is not None and {topic.exchange for topic in present.topics} - wanted:
            self._ask("DELETE", path)  # the API takes away all at once
        for topic in user.topics:
            self._ask(
                "PUT",
                path,
                {"exchange": topic.exchange, "write": topic.write, "read": topic.read},
            )

    def _rows(self, path: str) -> Iterator[dict[str, Any]]:
        found = self._ask("GET", path, missing_ok=True)
        yield from found.json() if found.is_success else ()

    def _ask(
        self,
        verb: str,
        path: str,
        content: dict[str, str] | None = None,
        *,
        missing_ok: bool = False,
    ) -> httpx.Response:
        try:
            answer = self._http.request(verb, f"/api/{path}", json=content)
        except httpx.HTTPError as error:
            raise Unavailable(
                f"The management API at {self._where} cannot be reached: {error}.",
                code="broker.admin_unreachable",
            ) from error
        if answer.status_code in FORBIDDEN_STATUSES:
            raise Forbidden(
                f"The management API at {self._where} refuses this login.",
                code="broker.admin_refused",
            )
        if answer.is_error and not (missing_ok and answer.status_code == httpx.codes.NOT_FOUND):
            raise Unavailable(
                f"The management API at {self._where} answered {answer.status_code} to {verb} {path}: "
                f"{answer.text[:200]}",
                code="broker.admin_failed",
            )
        return answer


def vhost_of(amqp_uri: str) -> str:
    """Return the virtual host that an AMQP URI names."""
    return str(pika.URLParameters(amqp_uri).virtual_host)
