"""A request as it comes over the wire."""

import pytest

from chassis.errors import Invalid, Problem, Unavailable
from chassis.frames import Message
from chassis.request import MAX_BUDGET_SECONDS, read_request, reply_address


def a_request(body: bytes = b'{"args":[],"kwargs":{"a":1}}', **properties: object) -> Message:
    message = Message(body, **({"content_type": "application/json"} | properties))
    message.delivery_info = {"routing_key": "accounts.find_matches"}
    message.arrived = 1000.0
    return message


class TestReadRequest:
    def test_reads_payload_and_context(self) -> None:
        headers = {"nameko.budget_ms": 2500, "nameko.correlation_id": "c", "nameko.evil": "x"}
        payload, request = read_request(
            a_request(message_id="m", application_headers=headers), 10.0
        )

        assert payload == {"a": 1}
        assert request.method == "find_matches"
        assert request.deadline == 1002.5
        assert (request.message_id, request.correlation_id, request.causation_id) == ("m", "c", "m")
        assert (request.token, request.idempotency_key, request.call_id_stack) == (None, None, ())

    def test_takes_the_correlation_id_of_a_stock_caller_for_its_id(self) -> None:
        _, request = read_request(a_request(correlation_id="unique"), 10.0)

        assert request.message_id == "unique"
        assert request.deadline == 1010.0

    def test_bounds_what_a_caller_may_hold_a_worker(self) -> None:
        headers = {"nameko.budget_ms": 10**12}
        _, request = read_request(a_request(application_headers=headers), 10.0)

        assert request.deadline == 1000.0 + MAX_BUDGET_SECONDS

    def test_keeps_the_last_of_a_long_stack(self) -> None:
        headers = {"nameko.call_id_stack": [str(n) for n in range(50)]}
        _, request = read_request(a_request(application_headers=headers), 10.0)

        assert request.call_id_stack == tuple(str(n) for n in range(40, 50))

    def test_refuses_what_has_expired(self) -> None:
        with pytest.raises(Unavailable) as refused:
            read_request(a_request(application_headers={"nameko.budget_ms": -1}), 10.0)

        assert refused.value.code == "rpc.expired"


class TestReplyAddress:
    @pytest.mark.parametrize("key", ["reply.sales.1", "0b4e0c3c-1d6c-4e8e-9d3a-0f7d7c2f5a11"])
    def test_is_a_reply_key_of_ours_or_of_stock_nameko(self, key: str) -> None:
        assert reply_address(a_request(reply_to=key)) == key

    @pytest.mark.parametrize(
        "key",
        [
            None,
            "",
            "accounts.erase_customer",
            "elsewhere",
            "reply.",
            "0b4e0c3c-1d6c-4e8e-9d3a-0f7d7c2f5a11.erase",
        ],
    )
    def test_is_nothing_else(self, key: str | None) -> None:
        with pytest.raises(Invalid) as refused:
            reply_address(a_request(reply_to=key))

        assert isinstance(refused.value, Problem)
        assert refused.value.code == "rpc.no_reply_to"


class TestWhatIsNotTaken:
    @pytest.mark.parametrize(
        ("body", "says"),
        [
            (b'{"args":[],"kwargs":{"a":"x\\u0000y"}}', "NUL"),
            (b'{"args":[],"kwargs":{"a\\u0000":1}}', "NUL"),
            (b'{"args":[],"kwargs":{"a":[9223372036854775808]}}', "64 bits"),
            (b'{"args":[],"kwargs":{"a":' + b"[" * 70 + b"]" * 70 + b"}}", "64 levels"),
        ],
    )
    def test_is_what_a_database_or_python_would_choke_on(self, body: bytes, says: str) -> None:
        with pytest.raises(Invalid) as refused:
            read_request(a_request(body), 10.0)

        assert refused.value.code == "rpc.not_taken"
        assert says in refused.value.message

    @pytest.mark.parametrize(
        "body",
        [
            b'{"args":[],"kwargs":{"a":"x\\\\u0000y"}}',  # a backslash and letters, no NUL
            b'{"args":[],"kwargs":{"a":["9223372036854775808",9223372036854775807]}}',
            b'{"args":[],"kwargs":{"a":[' + b"[]," * 500 + b"[]]}}",  # wide, not deep
        ],
    )
    def test_is_not_what_only_looks_like_it(self, body: bytes) -> None:
        payload, _ = read_request(a_request(body), 10.0)

        assert "a" in payload

    @pytest.mark.parametrize(
        "wrong",
        [
            {"message_id": "m" * 129},
            {"application_headers": {"nameko.correlation_id": "c" * 129}},
            {"application_headers": {"nameko.causation_id": "c" * 129}},
            {"application_headers": {"nameko.idempotency_key": "a\0b"}},
            {"application_headers": {"nameko.traceparent": "00-\n"}},
        ],
    )
    def test_is_an_id_that_no_column_holds_or_a_header_that_does_not_print(
        self, wrong: dict[str, object]
    ) -> None:
        with pytest.raises(Invalid) as refused:
            read_request(a_request(**wrong), 10.0)

        assert refused.value.code == "rpc.header"
