"""The public: forms and links, through the gateway like anybody else."""

import re
from typing import Any

import httpx

from demo.story.desk import Desk
from deploy.local.machine import LOOPBACK

HTTP_SECONDS = 20.0
ONE_CLICK = {"List-Unsubscribe": "One-Click"}  # RFC 8058
_LINK = re.compile(r"http://\S+?/(?P<door>[us])/(?P<token>[\w-]+)")


def send_form(desk: Desk, form: dict[str, Any], key: str) -> httpx.Response:
    """Send the form for leads, with the key that a page makes once for each filling in."""
    return _ask(desk, "POST", "/leads", json=form, headers={"Idempotency-Key": key})


def look(desk: Desk, link: str) -> httpx.Response:
    """Follow a link, as a person or the scanner of a mail program does."""
    return _ask(desk, "GET", link)


def press(desk: Desk, link: str, given: dict[str, Any], *, as_form: bool = False) -> httpx.Response:
    """Press the button behind a link."""
    return _ask(desk, "POST", link, **({"data": given} if as_form else {"json": given}))


def link_in(text: str, door: str) -> str:
    """Find the link to a door (u or s) in a mail and return its path.

    :raises LookupError: if there is none.
    """
    for found in _LINK.finditer(text):
        if found["door"] == door:
            return f"/{door}/{found['token']}"
    raise LookupError(f"there is no link to /{door}/ in this mail")


def _ask(desk: Desk, method: str, path: str, **given: Any) -> httpx.Response:
    base = f"http://{LOOPBACK}:{desk.house.ports['gateway']}"
    with httpx.Client(base_url=base, trust_env=False, timeout=HTTP_SECONDS) as client:
        return client.request(method, path, **given)
