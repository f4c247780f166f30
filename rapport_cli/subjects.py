"""One file of all that the house keeps of a person, asked of every service and written as it comes."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import IO, Any, TypeVar

from chassis.clock import isoformat, real_now
from chassis.envelope import encode
from chassis.errors import Conflict, Problem, RemoteBug
from chassis.tokens import DIRECTORY
from contracts import SERVICES

FORMAT = "rapport.access_file.v1"
DATA = "customer_data"  # every service has this row
CONCLUDING, WAREHOUSE = "analytics", "warehouse_data"  # the last, for it hears of all others
PAGE = 200
AT_A_TIME = 50  # words or ids that a service looks for
MOST_RECORDS = 100_000  # of which ids are remembered

Asked = dict[str, Any]
T = TypeVar("T")
Ask = Callable[[str, str, Asked], Any]  # (service, method, payload) -> what was answered


@dataclass
class Made:
    """What a file has in it: how many rows of which table, and which service is missing."""

    subject: Asked
    sha256: str = ""
    size: int = 0  # bytes
    services: dict[str, dict[str, int]] = field(default_factory=dict)
    missing: dict[str, dict[str, str]] = field(default_factory=dict)
    strays: list[str] = field(default_factory=list)  # ids of records that are hers alone
    deals: list[str] = field(default_factory=list)  # ids of opportunities of hers

    def remember(self, table: str, row: Asked) -> None:
        """Remember the id of a record of which another service knows more, by nothing but its id.

        :raises Conflict: if there are more than anybody has left.
        """
        is_hers = row.get("customer_id", "") is None or (table == "leads" and self.contact_id)
        if is_hers and "id" in row:
            self.strays.append(row["id"])
        elif table == "opportunities":
            self.deals.append(row["id"])
        if len(self.strays) + len(self.deals) > MOST_RECORDS:
            raise Conflict("There is too much of this.", code="access_file.too_many_records")

    @property
    def contact_id(self) -> str | None:
        """Return whom alone it is about, if it is a contact."""
        found: str | None = self.subject["contact_id"]
        return found

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
        for row in _rows(ask, service, made):
            made.remember(row["table"], row["row"])
            paper.write(b"," if counts else b"", b"\n", encode(row))
            counts[row["table"]] = counts.get(row["table"], 0) + 1
    except Problem as problem:
        made.missing[service] = {"code": problem.code, "message": problem.message}
    except RemoteBug as bug:
        message = "The service failed in a way it did not foresee."
        made.missing[service] = {"code": bug.code, "message": message}


def _rows(ask: Ask, service: str, made: Made) -> Iterator[Asked]:
    """Yield what a service keeps of who asks, then what hangs on nobody and says who it is."""
    whom = {name: made.subject[name] for name in ("customer_id", "contact_id")}
    yield from _pages(ask, (service, DATA), whom)
    request = {"request_id": made.subject["request_id"]}
    known = _pages(ask, (DIRECTORY, "subject_identities"), request, AT_A_TIME)
    for some in _some(known):
        yield from _pages(ask, (service, DATA), whom | {"identities": some})
    if service == CONCLUDING:
        yield from _concluded(ask, made, whom)


def _concluded(ask: Ask, made: Made, whom: Asked) -> Iterator[Asked]:
    """Yield what was concluded of her, and of records that only the others know to be hers."""
    ids = [made.subject["customer_id"], *made.subject["old_ids"]]
    if not made.contact_id:
        yield from _pages(ask, (CONCLUDING, WAREHOUSE), {"ids": ids})
    for some in _some(chain(made.strays, made.deals)):
        records = [{"kind": "record", "value": one} for one in some]
        yield from _pages(ask, (CONCLUDING, DATA), whom | {"identities": records})
    strays, alone = _some(iter(made.strays)), {"ids": ids, "of_customer": False}
    if made.contact_id:
        asked = {"contact_id": made.contact_id, "record_ids": next(strays, [])}
        yield from _pages(ask, (CONCLUDING, WAREHOUSE), alone | asked)
    for some in strays:
        yield from _pages(ask, (CONCLUDING, WAREHOUSE), alone | {"record_ids": some})


def _some(items: Iterator[T]) -> Iterator[list[T]]:
    while some := list(islice(items, AT_A_TIME)):
        yield some


def _pages(ask: Ask, method: tuple[str, str], payload: Asked, limit: int = PAGE) -> Iterator[Asked]:
    after: Asked = {}
    while True:
        page = ask(*method, payload | {"limit": limit} | after)
        yield from page["items"]
        if page["next"] is None:
            return
        after = {"after": page["next"]}
