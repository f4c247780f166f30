"""The envelope survives the headers; what is malformed is said."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from chassis.envelope import Envelope, Undecodable, decode, encode

ENVELOPE = Envelope(
    id="01a",
    source="/crm/sales",
    type="sales.lead.created.v1",
    time="2026-01-01T00:00:00.000000Z",
    subject="lead-1",
    dataschema="/schemas/sales.lead.created.v1.json",
    correlation_id="c",
    causation_id="d",
    sequence=12,
    traceparent="00-1-2-01",
)


class TestEnvelope:
    def test_comes_back_from_its_headers(self):
        assert Envelope.of(ENVELOPE.headers()) == ENVELOPE

    def test_pads_the_sequence_so_that_text_sorts_like_numbers(self):
        assert ENVELOPE.headers()["ce-sequence"] == "00000000000000000012"

    @pytest.mark.parametrize("missing", sorted(set(ENVELOPE.headers()) - {"traceparent"}))
    def test_names_a_missing_header(self, missing):
        headers = {name: text for name, text in ENVELOPE.headers().items() if name != missing}

        with pytest.raises(Undecodable, match=missing):
            Envelope.of(headers)

    @pytest.mark.parametrize(
        ("name", "value"),
        [("ce-sequence", "twelve"), ("ce-id", 7), ("ce-specversion", "0.3"), ("ce-time", None)],
    )
    def test_refuses_a_malformed_header(self, name, value):
        with pytest.raises(Undecodable):
            Envelope.of(ENVELOPE.headers() | {name: value})

    def test_refuses_no_headers_at_all(self):
        with pytest.raises(Undecodable):
            Envelope.of(None)


class TestJson:
    def test_writes_decimals_instants_and_sets(self):
        instant = datetime(2026, 1, 1, 8, tzinfo=timezone(timedelta(hours=8)))

        text = encode({"price": Decimal("1.10"), "at": instant, "tags": {"b", "a"}})

        assert decode(text) == {
            "price": "1.10",
            "at": "2026-01-01T00:00:00.000000Z",
            "tags": ["a", "b"],
        }

    def test_refuses_what_has_no_json_form(self):
        with pytest.raises(TypeError):
            encode({"x": object()})

    @pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"{'a': 1}"])
    def test_says_that_a_body_is_not_json(self, body):
        with pytest.raises(Undecodable, match="not JSON"):
            decode(body)

    def test_keeps_microseconds(self):
        assert decode(encode(datetime(2026, 1, 1, 0, 0, 0, 5, tzinfo=UTC))).endswith(".000005Z")
