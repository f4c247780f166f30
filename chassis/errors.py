"""Every way a request can fail, and how that travels on the wire.

Problem
├── Refused                the caller's move; never retried; logged at INFO
│   ├── Invalid     422    the input is wrong
│   ├── Forbidden   403    the caller may not
│   ├── NotFound    404    there is no such thing, or none the caller may see
│   └── Conflict    409    the state does not allow it
│       └── StaleVersion   somebody else changed the record first
└── Unavailable     503    ours or a neighbour's fault; retried with a delay
RemoteBug           500    the callee failed in a way nobody foresaw
"""

from collections.abc import Mapping
from typing import ClassVar

DUPLICATE_KEY = "duplicate_key"  # a unique key of a database is taken
BROKEN_REFERENCE = "broken_reference"  # a record refers to one that is not there
RACED = frozenset({DUPLICATE_KEY, BROKEN_REFERENCE})  # somebody else was faster


class Problem(Exception):
    """Carry a category, a stable code, a sentence for the caller and facts.

    ``code`` is ``service.noun.problem``; ``detail`` holds JSON values without personal data.
    """

    category: ClassVar[str] = "problem"
    status: ClassVar[int] = 500
    code: str = "problem"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        detail: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.detail: dict[str, object] = dict(detail or {})


class Refused(Problem):
    """Say that the caller has to change something before it can work."""

    category = "refused"
    status = 400


class Invalid(Refused):
    """Refuse input that is wrong in itself."""

    category = "invalid"
    status = 422
    code = "invalid"


class Forbidden(Refused):
    """Refuse what the caller may not do."""

    category = "forbidden"
    status = 403
    code = "forbidden"


class NotFound(Refused):
    """Refuse a name that leads nowhere the caller may see."""

    category = "not_found"
    status = 404
    code = "not_found"


class Conflict(Refused):
    """Refuse what the present state does not allow."""

    category = "conflict"
    status = 409
    code = "conflict"


class StaleVersion(Conflict):
    """Refuse a change that was based on an older version of the record."""

    code = "stale_version"


class Unavailable(Problem):
    """Say that it may work later without any change by the caller."""

    category = "unavailable"
    status = 503
    code = "unavailable"


class RemoteBug(Exception):
    """Report that the callee failed unexpectedly; its details stay in its own log."""

    code = "bug"


CATEGORIES: dict[str, type[Problem]] = {
    "invalid": Invalid,
    "forbidden": Forbidden,
    "not_found": NotFound,
    "conflict": Conflict,
    "unavailable": Unavailable,
}
STATUSES: dict[str, int] = {name: kind.status for name, kind in CATEGORIES.items()} | {"bug": 500}


def to_wire(error: BaseException) -> dict[str, object]:
    """Describe an error for a reply; stock nameko callers read the last four keys."""
    if isinstance(error, Problem):
        category, code, message, detail = (
            error.category,
            error.code,
            error.message,
            error.detail,
        )
        # A registered name would be rebuilt by import path; the category alone is the promise.
        name = CATEGORIES[category].__name__ if category in CATEGORIES else "Problem"
    else:
        category, code, message, detail, name = (
            "bug",
            "bug",
            "internal error",
            {},
            "RemoteBug",
        )
    return {
        "category": category,
        "code": code,
        "message": message,
        "detail": detail,
        "exc_type": name,
        "exc_path": f"chassis.errors.{name}",
        "exc_args": [message],
        "value": message,
    }


def from_wire(error: object) -> Exception:
    """Rebuild the error of a reply; a stock nameko callee's error becomes RemoteBug, so does any other."""
    if not isinstance(error, Mapping):
        return RemoteBug("The error of the reply is no error.")
    kind = CATEGORIES.get(str(error.get("category", "")))
    if kind is None:
        return RemoteBug(f"{error.get('exc_type', 'bug')}: {error.get('value', 'internal error')}")
    detail = error.get("detail")
    return kind(
        str(error.get("message", "")),
        code=str(error.get("code", kind.code)),
        detail=detail if isinstance(detail, Mapping) else None,
    )
