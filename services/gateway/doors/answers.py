"""Everything that goes out: pages for people, JSON for programs, the same headers on all."""

import base64
import hashlib
from http import HTTPStatus
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from chassis.envelope import encode
from chassis.errors import Problem, Unavailable
from services.gateway.doors.bodies import BodyTooLarge, BodyTooSlow
from services.gateway.doors.rows import Door

RETRY_SECONDS = 30
YEAR_SECONDS = 31_536_000
TEMPLATES = Path(__file__).parent / "templates"
_STYLE = (TEMPLATES / "style.css").read_text(encoding="utf-8")
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

HEADERS = {
    # Nothing is loaded, run, framed or sent elsewhere: a page is text, one style and one form.
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",  # the address of a page holds its token
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
}
HTTPS_ONLY = {"Strict-Transport-Security": f"max-age={YEAR_SECONDS}"}
MEMBERS = ("fields", "retry_after")  # of a problem's detail, what may be told


class Answers:
    """Write answers; ``https`` says that visitors come by https."""

    def __init__(self, *, https: bool) -> None:
        self._headers = HEADERS | (HTTPS_ONLY if https else {})
        self._pages = Environment(
            loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined
        )
        self._pages.globals["style"] = Markup(_STYLE)  # noqa: S704 - a file of ours

    def shown(self, door: Door, request: Request, value: dict[str, Any]) -> Response:
        """Show what came of a request, as a page or as JSON."""
        if door.page is not None and wants_page(request, door):
            return self._page(door.page, {"shown": value}, door.status)
        return self._json(value, door.status)

    def problem(self, request: Request, door: Door | None, problem: Problem) -> Response:
        """Say what is wrong, as a page or as application/problem+json (RFC 9457)."""
        said = _said(problem, request.state.correlation_id)
        if wants_page(request, door):
            response = self._page("problem.html", {"problem": said}, problem.status)
        else:
            response = self._json(said, problem.status, "application/problem+json")
        if isinstance(problem, Unavailable) or "retry_after" in said:
            response.headers["Retry-After"] = str(said.get("retry_after", RETRY_SECONDS))
        if "allow" in problem.detail:
            response.headers["Allow"] = str(problem.detail["allow"])
        if isinstance(problem, BodyTooLarge | BodyTooSlow):
            response.headers["Connection"] = "close"  # the rest of the body is not read
        return response

    def _page(self, template: str, values: dict[str, Any], status: int) -> Response:
        text = self._pages.get_template(template).render(values)
        return HTMLResponse(text, status, headers=self._headers | {"Content-Language": "en"})

    def _json(self, value: object, status: int, kind: str = "application/json") -> Response:
        return Response(encode(value), status, headers=self._headers, media_type=kind)


def wants_page(request: Request, door: Door | None) -> bool:
    """Tell a person's browser from a program; behind a link from a mail stands a person."""
    accepted = request.headers.get("accept", "").lower()
    if "text/html" in accepted:
        return True
    return "json" not in accepted and door is not None and door.has_token


def _said(problem: Problem, correlation_id: str) -> dict[str, Any]:
    detail = {name: problem.detail[name] for name in MEMBERS if name in problem.detail}
    return {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.message,
        "instance": f"urn:uuid:{correlation_id}",
        "code": problem.code,
        **detail,
    }
