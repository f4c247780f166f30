"""Reading what comes in: bounded in size and time, JSON or a form that names each field once."""

import asyncio
import re
from collections.abc import Iterable
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request

from chassis.envelope import Undecodable, decode
from chassis.errors import Refused

MAX_BODY_BYTES = 64 * 1024
MAX_DRAINED_BYTES = 1024 * 1024  # read on and thrown away, so that the refusal is heard
MAX_FIELDS = 100
BODY_SECONDS = 10.0

# RFC 7578 as browsers and mail programs write it. Read here and not by the standard library, whose
# parser of mail takes time in the square of a parameter's length, while all other visitors wait.
_BOUNDARY = re.compile(r"boundary=(\"?)([0-9A-Za-z'()+_,./:=?-]{1,70})\1", re.IGNORECASE)
_NAMED = re.compile(
    rb'content-disposition:[ \t]*form-data;[ \t]*name=("?)([^\s";\\]{1,100})\1', re.IGNORECASE
)
_PLAIN = re.compile(
    rb'content-type:[ \t]*text/plain(?:;[ \t]*charset="?utf-8"?)?|content-length:[ \t]*\d{1,9}'
    rb"|content-transfer-encoding:[ \t]*(?:7bit|8bit|binary)",
    re.IGNORECASE,
)


class BodyTooLarge(Refused):
    """Refuse more than anybody needs to say."""

    status = 413
    code = "gateway.body.too_large"


class BodyTooSlow(Refused):
    """Refuse to wait any longer."""

    status = 408
    code = "gateway.body.too_slow"


class BodyBrokenOff(Refused):
    """Say that the visitor went away in the middle."""

    code = "gateway.body.broken_off"


class BodyNotReadable(Refused):
    """Refuse what is not what its content type says."""

    code = "gateway.body.not_readable"


class MediaTypeNotTaken(Refused):
    """Refuse a kind of content that nobody here reads."""

    status = 415
    code = "gateway.body.media_type"


async def read(request: Request) -> dict[str, object]:
    """Read a body into its fields; a form's ``a.b`` is the field b of a, what is empty is left out.

    :raises Refused: if it is too large, too slow, broken off, of another kind or not readable.
    """
    content_type = request.headers.get("content-type", "")
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in _READERS or request.headers.get("content-encoding", "identity") != "identity":
        raise MediaTypeNotTaken(f"A body is one of {', '.join(_READERS)}, and not compressed.")
    return _READERS[kind](await _received(request), content_type)


async def _received(request: Request) -> bytes:
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _collected(request)
    except TimeoutError as slow:
        raise BodyTooSlow(f"The body did not come within {BODY_SECONDS:g} s.") from slow
    except ClientDisconnect as gone:
        raise BodyBrokenOff("The connection ended before the body did.") from gone


async def _collected(request: Request) -> bytes:
    found, size = bytearray(), 0
    if _announced(request) <= MAX_DRAINED_BYTES:
        async for chunk in request.stream():
            size += len(chunk)
            if size > MAX_DRAINED_BYTES:
                break
            if size <= MAX_BODY_BYTES:
                found += chunk
    if size > MAX_BODY_BYTES or _announced(request) > MAX_BODY_BYTES:
        raise BodyTooLarge(f"A body has at most {MAX_BODY_BYTES} bytes.")
    return bytes(found)


def _announced(request: Request) -> int:
    text = request.headers.get("content-length", "0")
    return int(text) if text.isdecimal() else 0


def _json(body: bytes, _: str) -> dict[str, object]:
    try:
        found = decode(body)
    except Undecodable as wrong:
        raise BodyNotReadable("The body is not JSON in UTF-8.") from wrong
    if not isinstance(found, dict):
        raise BodyNotReadable("The body is not a JSON object.")
    return found


def _form(body: bytes, _: str) -> dict[str, object]:
    try:
        pairs = parse_qsl(body.decode(), errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError as wrong:
        raise BodyNotReadable("The body is not a form in UTF-8.") from wrong
    return _folded(pairs)


def _multipart(body: bytes, content_type: str) -> dict[str, object]:
    found = [_BOUNDARY.fullmatch(one.strip()) for one in content_type.split(";")[1:]]
    boundaries = [one[2] for one in found if one]
    if len(boundaries) != 1:
        raise BodyNotReadable("A form in parts names its boundary, once.")
    delimiter = f"\r\n--{boundaries[0]}".encode()
    *parts, end = (b"\r\n" + body).split(delimiter, MAX_FIELDS + 1)
    if not end.startswith(b"--"):
        raise BodyNotReadable(f"A form in parts has an end, and at most {MAX_FIELDS} parts.")
    return _folded(_pair(part) for part in parts[1:])  # what stands before the first is not of it


def _pair(part: bytes) -> tuple[str, str]:
    head, end, content = part.partition(b"\r\n\r\n")
    before, *lines = head.split(b"\r\n")
    named = [_NAMED.fullmatch(line) or _PLAIN.fullmatch(line) for line in lines]
    names = [found[2] for found in named if found and found.re is _NAMED]
    if before or not end or None in named or len(names) != 1:
        raise BodyNotReadable("A form has named texts, and no files.")
    try:
        return names[0].decode(), content.decode()
    except UnicodeDecodeError as wrong:
        raise BodyNotReadable("The body is not a form in UTF-8.") from wrong


def _folded(pairs: Iterable[tuple[str, str]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in pairs:
        outer, dot, inner = name.partition(".")
        place, key = (found.setdefault(outer, {}), inner) if dot else (found, name)
        if not isinstance(place, dict) or key in place:
            raise BodyNotReadable("A form names each field once.")
        if value:
            place[key] = value
    return found


_READERS = {
    "application/json": _json,
    "application/x-www-form-urlencoded": _form,
    "multipart/form-data": _multipart,
}
