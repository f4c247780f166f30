"""Outside systems: who they are, what each may send, hear and call (partners.yaml, typed)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

PARTNERS_FILE = Path(__file__).with_name("partners.yaml")
MAX_QUEUE_BYTES = 4 * 1024**3
_NAME = re.compile(r"^[a-z][a-z0-9_]*$")
_INBOUND_KEY = re.compile(r"^([a-z][a-z0-9_]*)\.([a-z][a-z0-9_]*)\.upsert\.v([0-9]+)$")
_EVENT_TYPE = re.compile(r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*){2}\.v[0-9]+$")
_HANDLER = re.compile(r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")
_FIELDS = {
    "user",
    "sends",
    "hears",
    "hears_private",
    "calls",
    "stock_nameko",
    "queue_bytes",
}


class WrongPartners(ValueError):
    """Say what is wrong with the page of partners."""


@dataclass(frozen=True, slots=True)
class Inbound:
    """One kind of message that a partner may send, and the handler that takes it."""

    key: str  # <partner>.<noun>.upsert.vN on crm.inbound
    service: str
    handler: str

    @property
    def verdicts(self) -> tuple[str, str]:
        """Name the two keys under which the partner is told what became of it."""
        partner, noun, _, version = self.key.split(".")
        return (
            f"{partner}.{noun}.accepted.{version}",
            f"{partner}.{noun}.refused.{version}",
        )


@dataclass(frozen=True, slots=True)
class Partner:
    """One outside system."""

    name: str
    user: str
    sends: tuple[Inbound, ...]
    hears: tuple[str, ...]
    hears_private: tuple[str, ...]
    calls: tuple[str, ...]
    stock_nameko: bool
    queue_bytes: int


def load_partners(path: Path = PARTNERS_FILE) -> tuple[Partner, ...]:
    """Read the page of partners.

    :raises WrongPartners: if a line of it says something that cannot be.
    """
    page = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    if not isinstance(page, dict):
        raise WrongPartners(f"{path.name} is not a mapping of partner names.")
    partners = tuple(_partner(str(name), lines) for name, lines in page.items())
    users = [partner.user for partner in partners]
    if len(set(users)) < len(users):
        raise WrongPartners("Two partners share one broker user.")
    return partners


def _partner(name: str, lines: object) -> Partner:
    if not isinstance(lines, dict):
        raise WrongPartners(f"Partner {name}: is not a mapping.")
    unknown = set(lines) - _FIELDS
    _demand(not unknown, name, f"has unknown fields: {', '.join(sorted(map(str, unknown)))}")
    user, queue_bytes = lines.get("user"), lines.get("queue_bytes")
    stock = lines.get("stock_nameko", False)
    _demand(_NAME.fullmatch(name) is not None, name, "is not a plain lower-case name")
    _demand(
        isinstance(user, str) and _NAME.fullmatch(user) is not None,
        name,
        "needs a user",
    )
    _demand(
        isinstance(queue_bytes, int) and 0 < queue_bytes <= MAX_QUEUE_BYTES,
        name,
        f"needs queue_bytes from 1 to {MAX_QUEUE_BYTES}",
    )
    _demand(isinstance(stock, bool), name, "stock_nameko is neither true nor false")
    return Partner(
        name=name,
        user=str(user),
        sends=tuple(_inbound(name, line) for line in _list(name, lines, "sends")),
        hears=_names(name, lines, "hears", shape=_EVENT_TYPE),
        hears_private=_names(name, lines, "hears_private", shape=_EVENT_TYPE),
        calls=_names(name, lines, "calls", shape=_NAME),
        stock_nameko=bool(stock),
        queue_bytes=int(str(queue_bytes)),
    )


def _inbound(name: str, line: object) -> Inbound:
    if not isinstance(line, dict) or set(line) != {"key", "handler"}:
        raise WrongPartners(f"Partner {name}: a line of sends has exactly key and handler.")
    key, handler = str(line["key"]), str(line["handler"])
    found = _INBOUND_KEY.fullmatch(key)
    _demand(
        found is not None and found[1] == name,
        name,
        f"{key} is not {name}.<noun>.upsert.vN",
    )
    _demand(
        _HANDLER.fullmatch(handler) is not None,
        name,
        f"{handler} is not <service>.<handler>",
    )
    service, _, row = handler.partition(".")
    return Inbound(key, service, row)


def _list(name: str, lines: Mapping[str, object], field: str) -> list[object]:
    found = lines.get(field) or []
    if not isinstance(found, list):
        raise WrongPartners(f"Partner {name}: {field} is not a list.")
    return found


def _names(
    name: str, lines: Mapping[str, object], field: str, *, shape: re.Pattern[str]
) -> tuple[str, ...]:
    found = tuple(str(one) for one in _list(name, lines, field))
    for one in found:
        _demand(shape.fullmatch(one) is not None, name, f"{field} cannot hold {one!r}")
    return found


def _demand(holds: bool, name: str, sentence: str) -> None:
    if not holds:
        raise WrongPartners(f"Partner {name}: {sentence}.")
