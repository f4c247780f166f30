"""Requests through a real broker: checked, bounded, answered; callers of ours and of stock nameko."""

import json
import uuid
from typing import Any

import pytest
from nameko.exceptions import RemoteError
from nameko.standalone.rpc import ServiceRpcProxy

from tests.support.bus import Bus
from tests.support.depots import (
    Caller,
    Depot,
    Post,
    caller,
    depot,
    depot_bus,
    lasting_depot,
    post,
)
from tests.support.waiting import eventually

__all__ = ["caller", "depot", "depot_bus", "lasting_depot", "post"]  # fixtures

JSON = "application/json"
MEBIBYTE = 1024 * 1024


class Raw:
    """A caller that may get anything wrong."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self.key = f"reply.raw.{uuid.uuid4()}"
        channel = post.channel
        channel.queue_declare(self.key, exclusive=True)
        channel.queue_bind(self.key, "nameko-rpc", self.key)

    def ask(self, method: str, body: bytes | dict[str, Any], **properties: Any) -> dict[str, Any]:
        """Send a request and return the whole answer."""
        if isinstance(body, dict):
            body = json.dumps({"args": [], "kwargs": body}).encode()
        known = {"content_type": JSON, "reply_to": self.key, "correlation_id": "77"} | properties
        self._post.request(method, body, **known)
        return self.answer()

    def answer(self) -> dict[str, Any]:
        """Wait for an answer."""

        def take() -> Any:
            _, properties, body = self._post.channel.basic_get(self.key, auto_ack=True)
            return properties and (properties, body)

        properties, body = eventually(take)
        assert properties.correlation_id == "77"
        assert properties.content_type == JSON
        assert properties.delivery_mode == 1
        found: dict[str, Any] = json.loads(body)
        return found


@pytest.fixture
def raw(depot: Depot, post: Post) -> Raw:
    return Raw(post)


class TestAnswer:
    def test_is_what_the_method_returned(self, depot: Depot, caller: Caller) -> None:
        assert caller.call("depot.echo", {"a": [1, "ü", None]})["result"] == {"a": [1, "ü", None]}

    def test_may_be_json_already(self, depot: Depot, caller: Caller) -> None:
        assert caller.call("depot.encoded")["result"] == {"ready": "made"}

    def test_carries_the_context_and_nothing_else(self, depot: Depot, caller: Caller) -> None:
        answer = caller.call(
            "depot.context",
            token="t",
            budget_seconds=60,
            idempotency_key="k",
            correlation_id="conversation",
            causation_id="cause",
            call_id_stack=["a.b.c"],
            traceparent="00-1-1-01",
        )["result"]

        assert 30.0 < answer.pop("left") <= 60.0
        assert uuid.UUID(answer.pop("message_id")).version == 7
        assert answer == {
            "method": "context",
            "correlation_id": "conversation",
            "causation_id": "cause",
            "token": "t",
            "idempotency_key": "k",
            "traceparent": "00-1-1-01",
            "call_id_stack": ["a.b.c"],
        }

    def test_comes_to_each_of_many_at_once(self, depot: Depot, caller: Caller) -> None:
        numbers = [caller.begin("depot.echo", {"n": n}, budget_seconds=60) for n in range(300)]

        assert [caller.end(number)["result"]["n"] for number in numbers] == list(range(300))

    def test_that_is_a_refusal_keeps_code_and_detail(self, depot: Depot, caller: Caller) -> None:
        answer = caller.call("depot.refuse")

        assert answer["code"] == "depot.parcel.closed"
        assert answer["message"] == "The parcel is closed."
        assert answer["detail"] == {"id": "p1"}

    def test_to_a_bug_tells_nothing_of_it(self, depot: Depot, caller: Caller, raw: Raw) -> None:
        assert caller.call("depot.fail")["code"] == "bug"
        assert "sesame" not in json.dumps(raw.ask("fail", {}))

    def test_without_json_form_is_a_bug(self, depot: Depot, caller: Caller) -> None:
        assert caller.call("depot.strange")["code"] == "bug"

    def test_that_is_too_large_is_refused(self, depot: Depot, caller: Caller) -> None:
        assert caller.call("depot.much")["code"] == "rpc.reply_too_large"


class TestStockNameko:
    """A client that knows nothing of the chassis."""

    def test_gets_results_and_errors(self, depot: Depot, depot_bus: Bus) -> None:
        config = {"AMQP_URI": depot_bus.amqp_uri}
        context = {"auth_token": "stock-token", "evil": "x"}
        with ServiceRpcProxy("depot", config, context_data=context, timeout=60) as stock:
            assert stock.echo(a=1) == {"a": 1}
            with pytest.raises(RemoteError, match=r"Conflict The parcel is closed\."):
                stock.refuse()
            with pytest.raises(RemoteError, match="RemoteBug internal error"):
                stock.fail()
            found = stock.context()
            assert found["token"] == "stock-token"
            # No message id of its own: the one that is new with every call stands in for it.
            assert found["message_id"] == found["correlation_id"] != stock.context()["message_id"]
            with pytest.raises(RemoteError, match="passed by name"):
                stock.echo(1)


class TestMalformed:
    @pytest.mark.parametrize(
        ("body", "properties", "code"),
        [
            (b"{}", {"content_type": "application/x-yaml"}, "rpc.content_type"),
            (b"{}", {"content_type": None}, "rpc.content_type"),
            (b"{}", {"content_encoding": "gzip"}, "rpc.content_type"),
            (b"", {}, "rpc.undecodable"),
            (b"\xff{", {}, "rpc.undecodable"),
            (b"[]", {}, "rpc.malformed"),
            (b'{"args": []}', {}, "rpc.malformed"),
            (b'{"args": [], "kwargs": [1]}', {}, "rpc.malformed"),
            (b'{"args": [1], "kwargs": {}}', {}, "rpc.positional_arguments"),
            (b" " * (MEBIBYTE + 1), {}, "rpc.body_too_large"),
        ],
    )
    def test_is_answered_with_what_is_wrong(
        self, depot: Depot, raw: Raw, body: bytes, properties: dict[str, Any], code: str
    ) -> None:
        answer = raw.ask("echo", body, **properties)

        assert answer["result"] is None
        assert answer["error"]["category"] == "invalid"
        assert answer["error"]["code"] == code
        assert depot.count("begin") == 0

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("auth_token", 5),
            ("auth_token", "x" * 8193),
            ("correlation_id", {"a": 1}),
            ("budget_ms", "soon"),
            ("budget_ms", True),
            ("call_id_stack", "abc"),
            ("call_id_stack", [1]),
        ],
    )
    def test_header_is_answered_too(self, raw: Raw, name: str, value: object) -> None:
        answer = raw.ask("echo", {}, headers={f"nameko.{name}": value})

        assert answer["error"]["code"] == "rpc.header"

    def test_unknown_method(self, raw: Raw) -> None:
        error = raw.ask("fly", {})["error"]

        assert error["category"] == "not_found"
        assert error["code"] == "rpc.unknown_method"

    @pytest.mark.parametrize("reply_to", [None, "depot.sleep", "elsewhere"])
    def test_without_a_reply_key_it_is_parked_and_nobody_dies(
        self, depot: Depot, raw: Raw, post: Post, reply_to: str | None
    ) -> None:
        body = b'{"args": [], "kwargs": {"id": "x", "seconds": 0}}'
        post.request("echo", body, content_type=JSON, reply_to=reply_to)

        headers, _, found = post.parked()
        assert headers["x-reason-code"] == "rpc.no_reply_to"
        assert headers["x-handler"] == "rpc-depot"
        assert headers["x-first-routing-key"] == "depot.echo"
        assert found == body
        assert depot.count("begin") == 0
        assert raw.ask("echo", {"still": "here"})["result"] == {"still": "here"}

    def test_forged_headers_go_nowhere(self, raw: Raw) -> None:
        forged = {"nameko.user_id": "root", "evil": "x", "x-death": "y", "nameko.auth_token": "t"}
        found = raw.ask("context", {}, headers=forged)["result"]

        assert found["token"] == "t"
        assert "root" not in json.dumps(found)

    def test_a_reply_key_we_may_not_write_to_loses_nobodys_answer(
        self, depot: Depot, raw: Raw, post: Post
    ) -> None:
        for number in range(50):
            post.request("echo", b'{"args":[],"kwargs":{}}', content_type=JSON, reply_to="else")
            assert raw.ask("echo", {"n": number})["result"] == {"n": number}
        assert "answer refused by the broker" not in depot.log()
        assert '"depot replies"' not in depot.log()  # whose connection was never lost


class TestBudget:
    def test_an_expired_request_is_not_run(self, depot: Depot, raw: Raw) -> None:
        answer = raw.ask("echo", {}, headers={"nameko.budget_ms": 0})

        assert answer["error"]["code"] == "rpc.expired"
        assert depot.count("begin") == 0

    def test_one_that_waited_too_long_for_a_worker_is_not_run(
        self, depot: Depot, caller: Caller, raw: Raw, post: Post
    ) -> None:
        slow = [
            caller.begin("depot.sleep", {"id": f"s{n}", "seconds": 5}, budget_seconds=60)
            for n in range(10)
        ]
        depot.wait_for("begin", 10)
        answer = raw.ask("echo", {}, headers={"nameko.budget_ms": 300})

        assert answer["error"]["code"] == "rpc.expired"
        assert depot.count("begin echo") == 0
        assert {caller.end(number)["result"] for number in slow} == {f"s{n}" for n in range(10)}

    def test_a_method_does_not_run_beyond_it(self, depot: Depot, raw: Raw) -> None:
        payload = {"id": "s", "seconds": 60}
        answer = raw.ask("sleep", payload, headers={"nameko.budget_ms": 2000})

        assert answer["error"]["category"] == "unavailable"
        assert answer["error"]["code"] == "rpc.deadline"
        assert depot.count("end s") == 0

    def test_a_caller_waits_no_longer_and_forgets(self, depot: Depot, caller: Caller) -> None:
        answer = caller.call("depot.sleep", {"id": "s", "seconds": 60}, budget_seconds=0.5)

        # Whoever is quicker says so: the callee that its time is over, or the caller itself.
        assert answer["code"] in {"rpc.timeout", "rpc.deadline"}
        assert 0.4 < answer["seconds"] < 30
        assert answer["waiting"] == 0


class TestUnknownService:
    def test_is_told_at_once(self, caller: Caller) -> None:
        answer = caller.call("nowhere.echo")

        assert answer["code"] == "rpc.unknown_service"
        assert answer["seconds"] < 20
        assert answer["waiting"] == 0


class TestNotPermitted:
    def test_is_told_at_once_and_the_link_lives_on(self, depot: Depot, depot_bus: Bus) -> None:
        stranger = Caller(depot_bus.uri_of("stranger"), "stranger")
        try:
            first = stranger.call("depot.echo")
            second = stranger.call("depot.echo")
        finally:
            stranger.close()

        assert (first["code"], second["code"]) == ("rpc.not_permitted", "rpc.not_permitted")
        assert first["seconds"] < 20


def test_a_request_too_large_is_not_sent(caller: Caller) -> None:
    assert caller.call("depot.echo", {"x": "y" * MEBIBYTE})["code"] == "rpc.body_too_large"


def test_no_worker_is_free_but_nothing_is_lost(depot: Depot, caller: Caller) -> None:
    numbers = [caller.begin("depot.sleep", {"id": f"s{n}", "seconds": 0.1}) for n in range(60)]

    assert {caller.end(number)["result"] for number in numbers} == {f"s{n}" for n in range(60)}
    assert depot.count("begin") == 60
