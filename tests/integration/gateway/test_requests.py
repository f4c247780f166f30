"""The real process on a real broker: what it does, what it refuses, and that nothing comes of that."""

import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from deploy.local.house import House
from deploy.local.services import Place
from tests.support.couriers import stored
from tests.support.doors import Door
from tests.support.gateway import LEAD, ONE_CLICK, TOKEN, Wire, another, is_at_rest, names_of_leads
from tests.support.runners import Running
from tests.support.waiting import eventually

SECONDS = 60.0  # a bound, not a measure: the machine may be busy
BOOKS = {
    "accounts": ("customers", "interactions", "audit", "outbox", "idempotency", "processes"),
    "sales": ("leads", "audit", "outbox", "idempotency", "processes"),
    "service_desk": ("surveys", "audit", "outbox", "idempotency", "processes"),
    "marketing": ("suppressions", "audit", "outbox", "idempotency", "processes"),
}
SCORES = {"expected": {"price": 5}, "perceived": {"price": 6}}


def books(house: House) -> dict[str, dict[str, list[tuple[object, ...]]]]:
    eventually(lambda: is_at_rest(house), seconds=SECONDS)
    return {name: stored(house, name, *tables) for name, tables in BOOKS.items()}


@pytest.fixture
def strict(place: Place) -> Iterator[Running]:
    """A second gateway that counts how often somebody asks."""
    running = Running(another(place, RAPPORT_REQUESTS_PER_MINUTE="3"))
    eventually(lambda: (answer := running.get("/readyz")) and answer.status_code == 200)
    yield running
    running.close()


class TestLeads:
    @pytest.mark.parametrize("kind", ["json", "data"])
    def test_the_form_twice_is_one_lead(self, http: httpx.Client, door: Door, kind: str) -> None:
        lead = LEAD | {"name": f"Twice as {kind}"}

        answers = [http.post("/leads", **{kind: lead}) for _ in range(2)]

        assert [(answer.status_code, answer.json()) for answer in answers] == [(202, {})] * 2
        assert names_of_leads(door, f"Twice as {kind}") == [f"Twice as {kind}"]

    def test_the_form_twice_at_the_same_time_is_one_lead(
        self, http: httpx.Client, door: Door
    ) -> None:
        answers: list[int] = []
        posts = [
            threading.Thread(
                target=lambda: answers.append(
                    http.post("/leads", json=LEAD | {"name": "At once"}).status_code
                )
            )
            for _ in range(4)
        ]

        for post in posts:
            post.start()
        for post in posts:
            post.join()

        assert answers == [202] * 4
        assert names_of_leads(door, "At once") == ["At once"]


GETS = [
    "/", "/leads", "/openapi.json", "/healthz", f"/u/{TOKEN}", f"/s/{TOKEN}", f"/u/{TOKEN}/", "/u/short",
]  # fmt: skip


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_pain_point_10_a_get_changes_nothing(
    running_house: House, http: httpx.Client, method: str
) -> None:
    before = books(running_house)

    for path in GETS:
        http.request(method, path)

    assert books(running_house) == before


class TestBadInput:
    """Refused with one sentence; nothing is stored; the process goes on."""

    @pytest.fixture(autouse=True)
    def _nothing_is_done(self, running_house: House, place: Place) -> Iterator[None]:
        before = books(running_house)

        yield

        assert books(running_house) == before
        assert place.is_running

    @pytest.mark.parametrize(
        ("request_", "status", "code"),
        [
            ({"json": LEAD | {"colour": "red"}}, 422, "invalid.fields"),
            ({"json": LEAD | {"name": "a\x00b"}}, 422, "invalid.fields"),
            ({"content": b"{", "headers": {"content-type": "application/json"}}, 400,
             "gateway.body.not_readable"),
            ({"content": b'{"name":"\xff"}', "headers": {"content-type": "application/json"}}, 400,
             "gateway.body.not_readable"),
            ({"content": b"x", "headers": {"content-type": "text/plain"}}, 415,
             "gateway.body.media_type"),
            ({"json": LEAD | {"message": "x" * 70_000}}, 413, "gateway.body.too_large"),
            ({"content": iter([b" " * 1000] * 70), "headers": {"content-type": "application/json"}},
             413, "gateway.body.too_large"),
            ({"json": LEAD, "headers": {"idempotency-key": "two words"}}, 422,
             "gateway.idempotency_key"),
        ],
        ids=["unknown field", "NUL", "bad JSON", "bad UTF-8", "another kind", "too large",
             "too large, unannounced", "bad key"],
    )  # fmt: skip
    def test_is_refused(
        self, http: httpx.Client, request_: dict[str, object], status: int, code: str
    ) -> None:
        answer = http.post("/leads", **request_)

        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert "server" not in answer.headers

    def test_a_method_that_is_not_taken(self, http: httpx.Client) -> None:
        answer = http.put("/leads", json=LEAD)

        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")

    @pytest.mark.parametrize(
        ("method", "path", "body", "code"),
        [
            ("POST", "/u/not-a-token", ONE_CLICK, "gateway.link.unknown"),
            ("GET", f"/u/{TOKEN}", None, "marketing.link.unknown"),
            ("POST", f"/u/{TOKEN}", ONE_CLICK, "marketing.link.unknown"),
            ("GET", f"/s/{TOKEN}", None, "service_desk.survey.not_found"),
            ("POST", f"/s/{TOKEN}", SCORES, "service_desk.survey.not_found"),
        ],
    )
    def test_a_link_that_leads_nowhere(
        self, http: httpx.Client, method: str, path: str, body: dict[str, object], code: str
    ) -> None:
        answer = http.request(method, path, json=body, headers={"accept": "application/json"})

        assert (answer.status_code, answer.json()["code"]) == (404, code)

    def test_what_is_no_request_is_told_so(self, place: Place) -> None:
        wire = Wire(place.port)

        wire.send("no request at all\r\n\r\n")

        assert wire.rest().startswith("HTTP/1.1 400 ")
        wire.close()

    def test_a_head_without_a_bound_ends_the_connection(self, place: Place) -> None:
        wire = Wire(place.port)
        wire.send("GET / HTTP/1.1\r\nHost: a\r\n")

        sent = sum(wire.send(f"X-{n}: {'x' * 1000}\r\n") for n in range(100_000))

        assert sent < 100_000
        assert wire.is_closed()
        wire.close()

    def test_whoever_dawdles_is_given_up(self, place: Place) -> None:
        """Three at once, because each takes its ten seconds."""
        post = "POST /leads HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        head, body, afterwards = (Wire(place.port) for _ in range(3))
        head.send("GET / HTTP/1.1\r\nHost: a\r\n")
        body.send(f"{post}Content-Length: 100\r\n\r\n")
        afterwards.send("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        began = time.monotonic()

        def dawdle() -> bool:
            head.send("X: y\r\n")
            afterwards.send("1\r\nx\r\n")
            return head.is_closed() and afterwards.is_closed()

        eventually(dawdle, seconds=SECONDS, because="both connections are closed")
        answer = body.rest()

        assert 5 < time.monotonic() - began < 60
        assert answer.startswith("HTTP/1.1 408 ")
        assert '"code":"gateway.body.too_slow"' in answer
        for wire in (head, body, afterwards):
            wire.close()

    def test_whoever_asks_too_often_is_told_when_to_come_again(self, strict: Running) -> None:
        with httpx.Client(
            trust_env=False, base_url=f"http://127.0.0.1:{strict.place.port}"
        ) as http:
            answers = [http.get("/openapi.json") for _ in range(4)]

        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 20
