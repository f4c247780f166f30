"""Requests that are wrong in every way: answered with what is wrong, or parked; nothing is done."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chassis.tokens import HOUSE, Signer, generate_keypair
from deploy.local.house import House
from tests.support.couriers import Courier, raw, request, stored
from tests.support.doors import Door

METHOD = "accounts.register_customer"
CUSTOMER = {"name": "Greta Garbo", "email": "greta@example.com", "country": "US"}
GOOD = request(**CUSTOMER)
MEBIBYTE = 1024 * 1024


@pytest.fixture(autouse=True)
def _nothing_is_done(running_house: House) -> Any:
    """Find accounts' books as they were."""
    tables = ("customers", "audit", "idempotency", "processes")
    before = stored(running_house, "accounts", *tables)

    yield

    assert stored(running_house, "accounts", *tables) == before


def headers(token: str, **more: Any) -> dict[str, Any]:
    return {"nameko.auth_token": token} | more


WRONG: dict[str, tuple[object, dict[str, Any], str, str]] = {
    "another content type": (
        GOOD, {"content_type": "application/x-pickle"}, "rpc.content_type",
        "A request is application/json.",
    ),
    "no content type": (
        GOOD, {"content_type": None}, "rpc.content_type", "A request is application/json.",
    ),
    "another encoding": (
        GOOD, {"content_encoding": "gzip"}, "rpc.content_type", "A request is encoded in UTF-8.",
    ),
    "no body": (b"", {}, "rpc.undecodable", "The request is not JSON."),
    "no JSON": (b"\xff{", {}, "rpc.undecodable", "The request is not JSON."),
    "no request": ([1], {}, "rpc.malformed", 'A request is {"args": [], "kwargs": {…}}.'),
    "arguments by position": (
        {"args": ["Greta"], "kwargs": {}}, {}, "rpc.positional_arguments",
        "Arguments are passed by name only.",
    ),
    "too large": (
        raw(GOOD) + b" " * MEBIBYTE, {}, "rpc.body_too_large", "The request is larger than 1 MiB.",
    ),
    "a missing argument": (
        request(email="greta@example.com"), {}, "invalid.fields",
        "The input is not valid: name: missing data for required field.",
    ),
    "an unknown argument": (
        request(**CUSTOMER, colour="red"), {}, "invalid.fields",
        "The input is not valid: colour: unknown field.",
    ),
    "an argument of another type": (
        request(**CUSTOMER | {"name": 5}), {}, "invalid.fields",
        "The input is not valid: name: not a valid string.",
    ),
    "a text without bound": (
        request(**CUSTOMER | {"name": "x" * 100_000}), {}, "invalid.fields",
        "The input is not valid: name:",
    ),
}  # fmt: skip


class TestMalformed:
    @pytest.mark.parametrize("case", WRONG)
    def test_is_answered_with_one_sentence(self, operator: Courier, door: Door, case: str) -> None:
        body, properties, code, sentence = WRONG[case]

        answer = operator.ask(METHOD, body, headers=headers(door.admin), **properties)

        assert answer["result"] is None
        assert (answer["error"]["category"], answer["error"]["code"]) == ("invalid", code)
        assert answer["error"]["message"].startswith(sentence)

    def test_names_a_method_that_is_none(self, operator: Courier, door: Door) -> None:
        answer = operator.ask("accounts.marry_customer", GOOD, headers=headers(door.admin))

        assert answer["error"]["code"] == "rpc.unknown_method"
        assert answer["error"]["message"] == "accounts has no method marry_customer."

    @pytest.mark.parametrize("reply_to", [None, "", "accounts.register_customer"])
    def test_without_a_reply_key_is_parked(
        self, operator: Courier, door: Door, reply_to: str | None
    ) -> None:
        operator.send("nameko-rpc", METHOD, GOOD, reply_to=reply_to, headers=headers(door.admin))

        found, body = operator.take("accounts.parked")
        assert found.headers["x-reason-code"] == "rpc.no_reply_to"
        assert found.headers["x-handler"] == "rpc-accounts"
        assert found.headers["x-first-routing-key"] == METHOD
        assert body == raw(GOOD)
        assert "nameko.auth_token" not in found.headers

    def test_past_its_time_is_not_run(self, operator: Courier, door: Door) -> None:
        late = headers(door.admin, **{"nameko.budget_ms": 0})

        answer = operator.ask(METHOD, GOOD, headers=late)

        assert answer["error"]["code"] == "rpc.expired"


class TestForgedHeaders:
    @pytest.mark.parametrize(
        "forged",
        [
            {"nameko.auth_token": 5},
            {"nameko.auth_token": "x" * 8193},
            {"nameko.budget_ms": "soon"},
            {"nameko.call_id_stack": "accounts.erase"},
            {"nameko.correlation_id": {"a": 1}},
            {"nameko.idempotency_key": ["k"]},
        ],
        ids=lambda forged: next(iter(forged)),
    )
    def test_of_another_shape_are_named(
        self, operator: Courier, door: Door, forged: dict[str, Any]
    ) -> None:
        answer = operator.ask(METHOD, GOOD, headers=headers(door.admin) | forged)

        assert answer["error"]["code"] == "rpc.header"
        assert next(iter(forged)).removeprefix("nameko.") in answer["error"]["message"]

    def test_make_nobody_of_anybody(self, operator: Courier) -> None:
        forged = {
            "nameko.user_id": "root", "nameko.roles": ["admin"], "user_id": "accounts",
            "auth_token": "x", "subject": "person:admin", "x-handler": "rpc-accounts",
        }  # fmt: skip

        answer = operator.ask(METHOD, GOOD, headers=forged)

        assert answer["error"]["code"] == "auth.token_missing"

    def test_a_carbon_copy_does_not_call_another_service(
        self, operator: Courier, door: Door
    ) -> None:
        # The broker looks at the routing key alone, so the request does arrive at accounts.
        copied = headers(door.admin, CC=[METHOD])

        first = operator.ask("sales.register_customer", GOOD, headers=copied)
        second = operator.take(operator.reply_to)[1]

        said = {first["error"]["message"].encode(), second}
        assert any(b"sales has no method register_customer." in one for one in said)
        assert any(b"The request is for another service." in one for one in said)


Make = Callable[[House, Path], str]


def _expired(house: House, _: Path) -> str:
    return _signer(house, "accounts").sign(
        "person:admin", [HOUSE], roles=["admin"], lifetime_seconds=-60
    )


def _for_sales(house: House, _: Path) -> str:
    return _signer(house, "accounts").for_service("sales")


def _sales_for_a_person(house: House, _: Path) -> str:
    return _signer(house, "sales").sign("person:admin", [HOUSE], roles=["admin"])


def _stranger(_: House, folder: Path) -> str:
    private, _public = generate_keypair(folder, "stranger")
    return Signer(private, "stranger").sign("person:admin", [HOUSE], roles=["admin"])


def _same_name_other_key(_: House, folder: Path) -> str:
    private, _public = generate_keypair(folder, "accounts")
    return Signer(private, "accounts").sign("person:admin", [HOUSE], roles=["admin"])


def _powerless(house: House, _: Path) -> str:
    return _signer(house, "accounts").sign("person:nobody", [HOUSE])


def _signer(house: House, name: str) -> Signer:
    return Signer(house.signing_keys / f"{name}.key", name)


TOKENS: dict[str, tuple[Make, str]] = {
    "none": (lambda *_: "", "auth.token_missing"),
    "no token at all": (lambda *_: "a.b.c", "auth.token_invalid"),
    "expired": (_expired, "auth.token_expired"),
    "made for another service": (_for_sales, "auth.token_audience"),
    "of a service that speaks for a person": (_sales_for_a_person, "auth.token_signer"),
    "of an unknown signer": (_stranger, "auth.token_signer"),
    "signed with another key": (_same_name_other_key, "auth.token_invalid"),
    "of somebody without a right": (_powerless, "auth.permission_missing"),
}


class TestToken:
    @pytest.mark.parametrize("case", TOKENS)
    def test_that_proves_nothing_is_refused(
        self, operator: Courier, running_house: House, tmp_path: Path, case: str
    ) -> None:
        make, code = TOKENS[case]

        answer = operator.ask(METHOD, GOOD, headers=headers(make(running_house, tmp_path)))

        assert answer["error"]["category"] == "forbidden"
        assert answer["error"]["code"] == code
        assert "Greta" not in str(answer)
