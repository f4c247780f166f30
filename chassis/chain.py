"""The chain over the audit trail: what a row commits to, and what a seal says of its rows.

Pure functions: whoever keeps a copy of the rows can reckon the chain with these alone. A row commits to
its values by a salted hash, so that they can be erased and the chain stays (docs/adr/0016).
"""

import hashlib
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from chassis.clock import isoformat
from chassis.envelope import encode

FORM = "rapport.audit.1"  # of what is hashed
NOTHING = "0" * 64  # what the first seal follows
SALT_BYTES = 16
MARK = 16  # hex digits of a row's hash that its seal keeps
Ranges = list[list[int]]  # [[from, to]], both in it, ascending


@dataclass(frozen=True, slots=True)
class Seal:
    """One link of the chain."""

    number: int
    first: int
    last: int
    gaps: Ranges  # positions between first and last that were not there
    late: Ranges  # positions of earlier gaps that are there now
    total: int  # rows up to here
    sealed_at: int  # real clock, seconds since the epoch


def salts(count: int) -> list[str]:
    """Make a salt for each of some rows; drawing once costs a hundredth of drawing each."""
    drawn, length = secrets.token_hex(SALT_BYTES * count), 2 * SALT_BYTES
    return [drawn[start : start + length] for start in range(0, count * length, length)]


def commitment(salt: str, changes: str) -> str:
    """Hash changes so that nobody can guess them from the hash; they are text as it is stored."""
    return hashlib.sha256(f"{salt}{changes}".encode()).hexdigest()


def digest(row: Any) -> bytes:
    """Hash a row of the trail: who, when, what and how, and what it commits to."""
    said = [
        row.position,
        row.record_kind,
        row.record_id,
        row.entity_id,
        row.version,
        row.verb,
        isoformat(row.at),
        row.actor,
        row.channel,
        row.correlation_id,
        row.commitment,
    ]
    return hashlib.sha256(encode(said)).digest()


def hashed(previous: str, seal: Seal, digests: Sequence[bytes]) -> str:
    """Hash a seal: the one before it, what it says of itself, and its rows in order."""
    said = [
        FORM,
        previous,
        seal.number,
        seal.first,
        seal.last,
        seal.gaps,
        seal.late,
        seal.total,
        seal.sealed_at,
    ]
    found = hashlib.sha256(encode(said))
    for one in digests:
        found.update(one)
    return found.hexdigest()


def marks(digests: Iterable[bytes]) -> str:
    """Keep enough of each row's hash to say later which one was changed."""
    return "".join(one.hex()[:MARK] for one in digests)


def ranges(positions: Iterable[int]) -> Ranges:
    """Write ascending positions as ranges."""
    found: Ranges = []
    for position in positions:
        if found and found[-1][1] == position - 1:
            found[-1][1] = position
        else:
            found.append([position, position])
    return found


def without(first: int, last: int, taken: Ranges) -> Ranges:
    """Return what is left of first to last without some ascending ranges of it."""
    found: Ranges = []
    start = first
    for low, high in taken:
        if low > start:
            found.append([start, low - 1])
        start = high + 1
    if start <= last:
        found.append([start, last])
    return found


def spelt(written: Ranges) -> Iterator[int]:
    """Yield every position of some ranges."""
    for first, last in written:
        yield from range(first, last + 1)
