"""What stands behind each path: limits, the body, the call, the answer."""

import hashlib
import re
import time
from collections.abc import Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from chassis.envelope import encode
from chassis.errors import Invalid, NotFound, Problem, Refused
from chassis.ids import new_id
from chassis.logs import get_logger
from chassis.meter import Meter
from chassis.schemas import loaded
from services.gateway.config import Own
from services.gateway.doors import bodies
from services.gateway.doors.answers import Answers
from services.gateway.doors.calls import Services
from services.gateway.doors.limits import (
    LINK_TIMES,
    TOKEN_PER_MINUTE,
    Buckets,
    Turnstile,
    address_of,
)
from services.gateway.doors.rows import Door

log = get_logger(__name__)

NAME = "gateway"
ELSEWHERE = "elsewhere"  # one name for every path that leads nowhere
TOKEN_SHAPE = re.compile(r"[A-Za-z0-9_-]{16,128}")
KEY_SHAPE = re.compile(r"[\x21-\x7e]{1,128}")
DAY_SECONDS = 86_400
KEY_HEADER = "idempotency-key"


class MethodNotTaken(Refused):
    """Refuse a method that this path does not have."""

    status = 405
    code = "gateway.method_not_taken"


class Bug(Problem):
    """Say nothing of what happened inside."""

    category = "bug"
    code = "bug"


class Hall:
    """What all doors share: the way to the services, what describes the doors, the limits."""

    def __init__(self, services: Services, description: Mapping[str, Any], own: Own) -> None:
        self.services, self.description, self.own = services, description, own
        self.answers = Answers(https=own.https)
        self.addresses, self.tokens = Buckets(own.requests_per_minute), Buckets(TOKEN_PER_MINUTE)
        # The one click of RFC 8058 comes from the few servers of a mail provider, not from people.
        self.posting_links = Buckets(own.requests_per_minute * LINK_TIMES)
        self.turnstile = Turnstile()


def build(doors: Mapping[str, Door], hall: Hall) -> Starlette:
    """Put the doors of a page in their places; nothing else is reachable."""
    by_path: dict[str, dict[str, Door]] = {}
    for door in doors.values():
        by_path.setdefault(door.path, {})[door.method] = door
    routes = [Route(path, _Place(methods, hall)) for path, methods in by_path.items()]

    async def bug(request: Request, _: Exception) -> Response:
        return hall.answers.problem(request, None, Bug("Something went wrong on our side."))

    # Starlette raises it again after that, so that the server logs where it happened.
    app = Starlette(routes=routes, exception_handlers={Exception: bug})
    app.router.redirect_slashes = False
    app.router.default = _Place({}, hall)  # no route for all paths: none matches a line's end
    return app


class _Place:
    """One path with its doors by method, as an ASGI application."""

    def __init__(self, doors: Mapping[str, Door], hall: Hall) -> None:
        self._doors, self._hall = doors, hall
        self._meters = {door.label: Meter(NAME, door.label, "http") for door in doors.values()}
        self._meters[ELSEWHERE] = Meter(NAME, ELSEWHERE, "http")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        request.state.correlation_id = new_id()
        method = "GET" if request.method == "HEAD" else request.method
        door = self._doors.get(method)
        label = door.label if door else ELSEWHERE
        try:
            with self._meters[label].run(request.state.correlation_id):
                response = await self._answer(request, door)
        except Problem as problem:
            response = self._hall.answers.problem(request, door, problem)
        await response(scope, receive, send)

    async def _answer(self, request: Request, door: Door | None) -> Response:
        hall = self._hall
        posts_link = door is not None and door.has_token and door.accepts is not None
        buckets = hall.posting_links if posts_link else hall.addresses
        buckets.take(address_of(request, hall.own.trusted_proxies))
        if door is None:
            raise self._nothing_here(request)
        payload: dict[str, object] = {}
        if door.has_token:
            payload["token"] = token = _token(request)
            hall.tokens.take(token)
        if door.accepts is not None:
            payload |= loaded(door.accepts, await bodies.read(request))
        if door.calls is None:
            return hall.answers.shown(door, request, dict(hall.description))
        if door.trap is not None and payload.pop(door.trap, None):
            log.info("a form was filled in by a machine", entrypoint=door.label)
            return hall.answers.shown(door, request, {})
        # What a link does is done once by its service: an answer that is remembered for its sender
        # would outlive its truth, and somebody who unsubscribes again would stay subscribed.
        is_new = door.accepts is not None and not door.has_token
        key = key_of(door, request, payload) if is_new else None
        with hall.turnstile:
            answer = await hall.services.call(
                door.calls, payload, key=key, correlation_id=request.state.correlation_id
            )
        shown: dict[str, Any] = door.shows.dump(answer)
        return hall.answers.shown(door, request, shown)

    def _nothing_here(self, request: Request) -> Refused:
        if not self._doors:
            return NotFound("There is nothing here.", code="gateway.path.unknown")
        allow = ", ".join(sorted({*self._doors} | ({"HEAD"} if "GET" in self._doors else set())))
        return MethodNotTaken(f"{request.method} is not taken here.", detail={"allow": allow})


def _token(request: Request) -> str:
    token = str(request.path_params["token"])
    if not TOKEN_SHAPE.fullmatch(token):
        raise NotFound(
            "This link leads nowhere; it may be incomplete.", code="gateway.link.unknown"
        )
    return token


def key_of(door: Door, request: Request, payload: Mapping[str, object]) -> str:
    """Return the key under which the same request is done once.

    Without a key of the sender's own, the same content counts as one within a day (UTC).
    The content is always part of it: two strangers who choose the same key are still two.

    :raises Invalid: if the sender's key is none.
    """
    own = request.headers.get(KEY_HEADER)
    if own is not None and not KEY_SHAPE.fullmatch(own):
        raise Invalid(
            "An Idempotency-Key has 1 to 128 visible characters.", code="gateway.idempotency_key"
        )
    day = "" if own else str(int(time.time() // DAY_SECONDS))
    content = encode(dict(sorted(payload.items())))
    return hashlib.sha256(encode([door.name, own or "", day]) + content).hexdigest()
