"""Bodies that are wrong in every way: refused with one sentence before anybody is asked."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from starlette.requests import Request

from services.gateway.doors import bodies
from services.gateway.doors.bodies import MAX_BODY_BYTES, BodyBrokenOff, BodyTooSlow
from tests.support.gateway import LEAD, Front

CPU_SECONDS = 1.0  # a bound, not a measure: everybody else waits so long
JSON = {"content-type": "application/json"}
FORM = {"content-type": "application/x-www-form-urlencoded"}
PARTS = {"content-type": "multipart/form-data; boundary=b"}


def part(head: bytes, content: bytes = b"x") -> bytes:
    return (
        b"--b\r\nContent-Disposition: form-data" + head + b"\r\n\r\n" + content + b"\r\n--b--\r\n"
    )


def nested(depth: int) -> bytes:
    heads = [
        b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (n, n + 1)
        for n in range(depth)
    ]
    return b"".join(heads).replace(b"--b0\r", b"--b\r") + b"\r\n--b--\r\n"


def in_parts(number: int) -> bytes:
    heads = [b'--b\r\nContent-Disposition: form-data; name="a%d"' % n for n in range(number)]
    return b"".join(head + b"\r\n\r\nx\r\n" for head in heads) + b"--b--\r\n"


async def chunks(size: int, each: int = 1000) -> AsyncIterator[bytes]:
    for _ in range(size // each):
        yield b" " * each


WRONG = {
    "no JSON": (JSON, b"{", 400, "gateway.body.not_readable"),
    "no JSON object": (JSON, b"[1]", 400, "gateway.body.not_readable"),
    "JSON in no UTF-8": (JSON, b'{"name": "\xff"}', 400, "gateway.body.not_readable"),
    "half a character": (JSON, b'{"name": "\\ud800"}', 400, "gateway.body.not_readable"),
    "JSON without a bottom": (JSON, b"[" * 60_000, 400, "gateway.body.not_readable"),
    "nothing": (JSON, b"", 400, "gateway.body.not_readable"),
    "a form in no UTF-8": (FORM, b"name=%ff", 400, "gateway.body.not_readable"),
    "a raw form in no UTF-8": (FORM, b"name=\xff", 400, "gateway.body.not_readable"),
    "a field twice": (FORM, b"name=a&name=b", 400, "gateway.body.not_readable"),
    "a field and its part": (FORM, b"a=1&a.b=2", 400, "gateway.body.not_readable"),
    "a part and its field": (FORM, b"a.b=2&a=1", 400, "gateway.body.not_readable"),
    "too many fields": (FORM, b"&".join([b"a%d=1" % n for n in range(101)]), 400,
                        "gateway.body.not_readable"),
    "parts without an end": (PARTS, b"--b\r\n", 400, "gateway.body.not_readable"),
    "parts that are none": (PARTS, b"name=a", 400, "gateway.body.not_readable"),
    "a part without a name": (PARTS, part(b""), 400, "gateway.body.not_readable"),
    "a file": (PARTS, part(b'; name="a"; filename="a.txt"'), 400, "gateway.body.not_readable"),
    "a part in no UTF-8": (PARTS, part(b'; name="name"', b"\xff"), 400,
                           "gateway.body.not_readable"),
    "a part of quotes": (PARTS, part(b'; name="a' + b'""a' * 20_000 + b'"'), 400,
                         "gateway.body.not_readable"),
    "a part of words": (PARTS, part(b"; name=a" + b" a" * 30_000), 400,
                        "gateway.body.not_readable"),
    "a part of brackets": (PARTS, part(b"; name=" + b"(" * 60_000), 400,
                           "gateway.body.not_readable"),
    "parts in parts": (PARTS, nested(900), 400, "gateway.body.not_readable"),
    "parts in parts without a bottom": (PARTS, nested(1100), 400, "gateway.body.not_readable"),
    "a part without a head": (PARTS, b"--b\r\n\r\nx\r\n--b--\r\n", 400,
                              "gateway.body.not_readable"),
    "a part without a text": (PARTS, part(b'; name="a"').replace(b"\r\n\r\n", b""), 400,
                              "gateway.body.not_readable"),
    "a part with two names": (PARTS, part(b'; name="a"\r\ncontent-disposition: form-data; name=b'),
                              400, "gateway.body.not_readable"),
    "a part in another coding": (PARTS, part(b'; name="a"\r\nContent-Transfer-Encoding: base64'),
                                 400, "gateway.body.not_readable"),
    "a boundary that goes on": (PARTS, part(b'; name="a"').replace(b"--b\r", b"--bb\r"), 400,
                                "gateway.body.not_readable"),
    "too many parts": (PARTS, in_parts(101), 400, "gateway.body.not_readable"),
    "two boundaries": ({"content-type": "multipart/form-data; boundary=b; boundary=c"},
                       part(b'; name="name"'), 400, "gateway.body.not_readable"),
    "no boundary": ({"content-type": "multipart/form-data"}, part(b'; name="name"'), 400,
                    "gateway.body.not_readable"),
    "another kind": ({"content-type": "text/plain"}, b"name=a", 415, "gateway.body.media_type"),
    "no kind": ({"content-type": ""}, b"name=a", 415, "gateway.body.media_type"),
    "compressed": (JSON | {"content-encoding": "gzip"}, b"{}", 415, "gateway.body.media_type"),
    "one byte too many": (JSON, b" " * (MAX_BODY_BYTES + 1), 413, "gateway.body.too_large"),
    "announced as too large": (JSON | {"content-length": "9999999999"}, b"{}", 413,
                               "gateway.body.too_large"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_is_refused_with_one_sentence(front, wired, case):
    headers, content, status, code = WRONG[case]
    began = time.thread_time()

    answer = front.post("/leads", content=content, headers=headers)

    assert time.thread_time() - began < CPU_SECONDS
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert wired.asked == []


def test_is_counted_while_it_comes_in_when_nobody_says_how_large(front, wired):
    answer = front.post("/leads", content=chunks(MAX_BODY_BYTES + 2000), headers=JSON)

    assert answer.status_code == 413
    assert answer.headers["connection"] == "close"
    assert wired.asked == []


def test_takes_the_largest_that_is_allowed(front):
    room = MAX_BODY_BYTES - len(b'{"name": "Ada", "phone": "12345"}')

    answer = front.post(
        "/leads", content=b'{"name": "Ada", "phone": "12345"}' + b" " * room, headers=JSON
    )

    assert answer.status_code == 202


def test_is_read_on_to_a_bound_only():
    taken = []

    async def counted() -> AsyncIterator[bytes]:
        async for chunk in chunks(3 * bodies.MAX_DRAINED_BYTES):
            taken.append(len(chunk))
            yield chunk

    Front(None).post("/leads", content=counted(), headers=JSON)

    assert sum(taken) <= bodies.MAX_DRAINED_BYTES + 2000


PARTS_AS_WRITTEN = {
    "a browser": ("b", b'Content-Disposition: form-data; name="name"'),
    "with its kind": ("b", b"Content-Type: text/plain\r\nContent-Disposition: form-data; name=name"),
    "with its characters": ("b", (b'Content-Disposition: form-data; name="name"\r\n'
                                  b"Content-Type: text/plain; charset=UTF-8")),
    "in small letters": ("b", b'content-disposition:form-data;name="name"\r\ncontent-length: 4'),
    "with its coding": ("b", (b'Content-Disposition: form-data; name="name"\r\n'
                              b"Content-Transfer-Encoding: 8bit")),
    "a boundary in quotes": ('"b"; charset=UTF-8', b'Content-Disposition: form-data; name="name"'),
}  # fmt: skip


@pytest.mark.parametrize("writer", PARTS_AS_WRITTEN)
def test_takes_parts_as_programs_write_them(front, wired, writer):
    boundary, head = PARTS_AS_WRITTEN[writer]
    name = b"--b\r\n" + head + b"\r\n\r\n\xc3\x84da\r\n"

    answer = front.post(
        "/leads", content=name + part(b'; name="phone"', b"12345"),
        headers={"content-type": f"multipart/form-data; boundary={boundary}"},
    )  # fmt: skip

    assert answer.status_code == 202
    assert [said for _, said, _ in wired.asked] == [
        {"name": "Äda", "phone": "12345", "source": "web"}
    ]


def test_takes_as_many_parts_as_fields(front):
    answer = front.post("/leads", content=in_parts(100), headers=PARTS)

    assert answer.json()["code"] == "invalid.fields"


def test_takes_a_text_of_many_lines_in_a_part(front, wired):
    said = LEAD | {"message": "a: b\r\n\r\n--c\r\n-- b"}

    front.post("/leads", files={name: (None, text) for name, text in said.items()})

    assert [found for _, found, _ in wired.asked] == [said | {"source": "web"}]


def test_leaves_out_what_was_not_filled_in(front, wired):
    front.post("/leads", data=LEAD | {"company": "", "phone": "", "website": ""})

    assert [said for _, said, _ in wired.asked] == [LEAD | {"source": "web"}]


class TestReceiving:
    """What the server hands over piece by piece."""

    def test_ends_when_it_takes_too_long(self, monkeypatch):
        monkeypatch.setattr(bodies, "BODY_SECONDS", 0.01)

        async def never() -> dict[str, object]:
            await asyncio.Event().wait()
            return {}

        with pytest.raises(BodyTooSlow) as caught:
            asyncio.run(bodies.read(_request(never)))

        assert caught.value.status == 408

    def test_ends_when_the_visitor_has_gone(self):
        async def gone() -> dict[str, object]:
            return {"type": "http.disconnect"}

        with pytest.raises(BodyBrokenOff):
            asyncio.run(bodies.read(_request(gone)))


def _request(receive) -> Request:
    headers = [(b"content-type", b"application/json")]
    return Request({"type": "http", "method": "POST", "headers": headers}, receive)
