"""The rows of the gateway's page: what can be asked for from outside, one line each."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from marshmallow import Schema

from chassis.schemas import Shown

TOKEN = "{token}"  # noqa: S105 - the place of a token in a path, not a token


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """One method of one path; ``name`` is the attribute on the page."""

    method: str
    path: str
    summary: str
    calls: str | None  # service.method; None: answered with the description of all doors
    accepts: Schema | None  # the body; with one it changes something
    shows: Schema  # what of the service's answer leaves the house
    page: str | None  # the template for people
    status: int
    trap: str | None  # a field that only machines fill in: then nothing is done
    name: str = ""

    @property
    def has_token(self) -> bool:
        """Say whether the path holds a token."""
        return TOKEN in self.path

    @property
    def label(self) -> str:
        """Return what logs and metrics call it: never the path itself, which may hold a token."""
        return f"{self.method} {self.path}"


def door(  # noqa: PLR0913 - a row names everything that makes one door differ from another
    method: str,
    path: str,
    summary: str,
    *,
    calls: str | None = None,
    accepts: Schema | None = None,
    shows: Schema | None = None,
    page: str | None = None,
    status: int = 200,
    trap: str | None = None,
) -> Any:
    """Offer a method of a service under a path."""
    return Door(
        method=method,
        path=path,
        summary=summary,
        calls=calls,
        accepts=accepts,
        shows=shows or Shown(),
        page=page,
        status=status,
        trap=trap,
    )


def rows(page: type) -> Mapping[str, Door]:
    """Return the doors of a page by name, in their order."""
    return {
        name: replace(row, name=name) for name, row in vars(page).items() if isinstance(row, Door)
    }
