"""One file of all that the house keeps of a person, asked of every service and written as it comes."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import IO, Any

from chassis.clock import isoformat, real_now
from chassis.envelope import encode
from chassis.errors import Problem, RemoteBug
from chassis.tokens import DIRECTORY
from contracts import SERVICES

FORMAT = "rapport.access_file.v1"
DATA = "customer_data"  # every service has this row
WAREHOUSE = "warehouse_data"
PAGE = 200
MOST_IDENTITIES = 50  # that a service looks for at a time

Asked = dict[str, Any]
Ask = Callable[[str, str, Asked], Any]  # (service, method, payload) -> what was answered


@dataclass
class Made:
    """What a file has in it: how many rows of which table, and which service is missing."""

    subject: Asked
    sha256: str = ""
    size: int = 0  # bytes
    services: dict[str, dict[str, int]] = field(default_factory=dict)
    missing: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def noted(self) -> Asked:
        """Say it as accounts takes it."""
        names = ("request_id", "version", "customer_id", "contact_id", "old_ids")
        return {name: self.subject[name] for name in names} | self.checked

    @property
    def checked(self) -> Asked:
        """Return what the file can be told by."""
        return {"sha256": self.sha256, "size": self.size, "services": self.services}


class _Paper:
    """What is written on, with its checksum."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out, self.size, self.digest = out, 0, hashlib.sha256()

    def write(self, *pieces: bytes) -> None:
        for piece in pieces:
            self._out.write(piece)
            self.digest.update(piece)
            self.size += len(piece)


def compose(ask: Ask, request_id: str, out: IO[bytes]) -> Made:
    """Write all that every service keeps of whoever made a request; a page is held at a time.

    A service that does not answer is named as missing, with what it had answered before.

    :raises Problem: if accounts does not say, or may not say, who it is.
    """
    made, paper = Made(ask(DIRECTORY, "data_subject", {"request_id": request_id})), _Paper(out)
    head = {"format": FORMAT, "made_at": isoformat(real_now())} | made.subject
    paper.write(encode(head).removesuffix(b"}"), b',"services":{')
    for number, service in enumerate(SERVICES):
        paper.write(b"," if number else b"", b"\n", encode(service), b':{"rows":[')
        _part(ask, service, made, paper)
        counts = made.services.get(service) or {}
        paper.write(b'\n],"counts":', encode(counts), b"}")
    tail = {"missing": made.missing, "complete": not made.missing}
    paper.write(b"\n},\n", encode(tail).removeprefix(b"{"), b"\n")
    made.sha256, made.size = paper.digest.hexdigest(), paper.size
    return made


def _part(ask: Ask, service: str, made: Made, paper: _Paper) -> None:
    """Write what one service answers; a refusal or a silence leaves it incomplete."""
    counts = made.services[service] = {}
    try:
        for row in _rows(ask, service, made.subject):
            paper.write(b"," if counts else b"", b"\n", encode(row))
            counts[row["table"]] = counts.get(row["table"], 0) + 1
    except Problem as problem:
        made.missing[service] = {"code": problem.code, "message": problem.message}
    except RemoteBug as bug:
        message = "The service failed in a way it did not foresee."
        made.missing[service] = {"code": bug.code, "message": message}


def _rows(ask: Ask, service: str, subject: Asked) -> Iterator[Asked]:
    """Yield what a service keeps of who asks, then what hangs on nobody and says who it is."""
    whom = {name: subject[name] for name in ("customer_id", "contact_id")}
    yield from _pages(ask, (service, DATA), whom)
    request = {"request_id": subject["request_id"]}
    known = _pages(ask, (DIRECTORY, "subject_identities"), request, MOST_IDENTITIES)
    while some := [one for one, _ in zip(known, range(MOST_IDENTITIES), strict=False)]:
        yield from _pages(ask, (service, DATA), whom | {"identities": some})


def _pages(ask: Ask, method: tuple[str, str], payload: Asked, limit: int = PAGE) -> Iterator[Asked]:
    after: Asked = {}
    while True:
        page = ask(*method, payload | {"limit": limit} | after)
        yield from page["items"]
        if page["next"] is None:
            return
        after = {"after": page["next"]}
