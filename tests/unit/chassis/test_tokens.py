"""Who may speak for whom: forged, foreign, expired and missing tokens are refused."""

import time

import jwt.api_jwt
import pytest

from chassis.errors import Forbidden
from chassis.tokens import HOUSE, LIFETIME_SECONDS, Signer, Verifier, WrongKey, generate_keypair


@pytest.fixture
def keys(tmp_path):
    for kid in ("accounts", "sales"):
        generate_keypair(tmp_path, kid)
    return tmp_path


def signer(keys, kid):
    return Signer(keys / f"{kid}.key", kid)


def refusal(keys, token, service="sales"):
    with pytest.raises(Forbidden) as refused:
        Verifier(keys / "public", service).verify(token)
    return refused.value.code


class TestVerify:
    def test_tells_a_person_that_accounts_vouches_for(self, keys):
        token = signer(keys, "accounts").sign(
            "person:s1", [HOUSE], roles=["rep"], entity="north", teams=["t1"], territories=["w"]
        )

        caller = Verifier(keys / "public", "sales").verify(token)

        assert (caller.staff_id, caller.service, caller.roles) == ("s1", None, ("rep",))
        assert (caller.entity_id, caller.team_ids, caller.territory_ids) == (
            "north",
            ("t1",),
            ("w",),
        )

    def test_tells_a_service_and_whom_it_acts_for(self, keys):
        token = signer(keys, "sales").for_service("accounts", "person:s1")

        caller = Verifier(keys / "public", "accounts").verify(token)

        assert (caller.service, caller.on_behalf_of) == ("sales", "person:s1")

    def test_refuses_no_token(self, keys):
        assert refusal(keys, None) == "auth.token_missing"

    def test_refuses_an_expired_token(self, keys):
        token = signer(keys, "accounts").sign("person:s1", [HOUSE], lifetime_seconds=-60)

        assert refusal(keys, token) == "auth.token_expired"

    def test_refuses_a_token_for_another_service(self, keys):
        token = signer(keys, "sales").for_service("accounts")

        assert refusal(keys, token, "sales") == "auth.token_audience"

    def test_refuses_a_service_that_vouches_for_a_person(self, keys):
        token = signer(keys, "sales").sign("person:boss", [HOUSE], roles=["admin"])

        assert refusal(keys, token) == "auth.token_signer"

    def test_refuses_a_service_that_speaks_for_another(self, keys):
        token = signer(keys, "sales").sign("service:accounts", ["sales"])

        assert refusal(keys, token) == "auth.token_signer"

    def test_refuses_an_unknown_signer(self, keys, tmp_path):
        generate_keypair(tmp_path / "elsewhere", "mallory")
        token = signer(tmp_path / "elsewhere", "mallory").sign("service:mallory", ["sales"])

        assert refusal(keys, token) == "auth.token_signer"

    def test_refuses_a_signature_by_another_key(self, keys, tmp_path):
        generate_keypair(tmp_path / "elsewhere", "accounts")
        token = signer(tmp_path / "elsewhere", "accounts").sign("person:s1", [HOUSE])

        assert refusal(keys, token) == "auth.token_invalid"

    @pytest.mark.parametrize("token", ["x", "a.b.c", "é", "eyJhbGciOiJub25lIn0.e30."])
    def test_refuses_what_is_no_token(self, keys, token):
        assert refusal(keys, token) in {"auth.token_invalid", "auth.token_signer"}

    def test_refuses_a_key_id_that_is_a_path(self, keys):
        token = signer(keys, "accounts")
        token._kid = "../accounts"

        assert refusal(keys, token.sign("person:s1", [HOUSE])) == "auth.token_signer"

    def test_lets_a_cached_token_expire(self, keys, monkeypatch):
        token = signer(keys, "accounts").sign("person:s1", [HOUSE], lifetime_seconds=100)
        verifier = Verifier(keys / "public", "sales")
        verifier.verify(token)

        set_clock(monkeypatch, time.time() + 200)
        with pytest.raises(Forbidden) as refused:
            verifier.verify(token)
        assert refused.value.code == "auth.token_expired"


class TestClocks:
    """Services whose clocks are five minutes apart believe each other; more is no accident."""

    @pytest.mark.parametrize("ahead", [300, -300, 0])
    def test_that_differ_are_no_reason_to_refuse_a_service(self, keys, monkeypatch, ahead):
        sales, now = signer(keys, "sales"), time.time()
        with monkeypatch.context() as its:
            its.setattr("chassis.tokens.time.time", lambda: now + ahead)
            sales.for_service("accounts")
            its.setattr("chassis.tokens.time.time", lambda: now + ahead + LIFETIME_SECONDS / 2 - 1)
            token = sales.for_service("accounts")  # the same, just before it is renewed
        set_clock(monkeypatch, now + LIFETIME_SECONDS / 2 - 1)

        assert Verifier(keys / "public", "accounts").verify(token).service == "sales"

    def test_that_differ_by_more_are(self, keys, monkeypatch):
        now = time.time()
        with monkeypatch.context() as its:
            its.setattr("chassis.tokens.time.time", lambda: now + LIFETIME_SECONDS)
            token = signer(keys, "sales").for_service("accounts")

        assert refusal(keys, token, "accounts") == "auth.token_invalid"

    def test_are_not_guessed(self, keys, monkeypatch):
        token = signer(keys, "accounts").sign("person:s1", [HOUSE])
        claims = jwt.decode(token, options={"verify_signature": False}) | {"iat": "today"}
        key = signer(keys, "accounts")._key
        token = jwt.encode(claims, key, algorithm="EdDSA", headers={"kid": "accounts"})

        assert refusal(keys, token) == "auth.token_invalid"


def set_clock(monkeypatch, instant):
    """Set what the verifier and the library behind it take for now."""
    monkeypatch.setattr("chassis.tokens.time.time", lambda: instant)

    class Then(jwt.api_jwt.datetime):
        @classmethod
        def now(cls, tz=None):
            return cls.fromtimestamp(instant, tz)

    monkeypatch.setattr(jwt.api_jwt, "datetime", Then)


class TestKeys:
    def test_are_readable_by_the_owner_only(self, keys):
        assert (keys / "sales.key").stat().st_mode & 0o777 == 0o600

    @pytest.mark.parametrize("name", ["sales.key", "public/sales.pem"])
    def test_that_are_none_are_told_at_once(self, keys, name):
        (keys / "sales.key").write_text("-----BEGIN PRIVATE KEY-----\n")

        with pytest.raises(WrongKey, match=f"{name} holds no Ed25519 private key"):
            Signer(keys / name, "sales")
