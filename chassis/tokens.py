"""Signed tokens: accounts signs people, each service signs itself (Ed25519, 10 minutes)."""

import time
from collections.abc import Iterable
from pathlib import Path

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from chassis.caller import Caller
from chassis.errors import Forbidden

LIFETIME_SECONDS = 600
# Clocks may be five minutes apart. A service's own token is as old as half its life when it is
# renewed; to one whose clock is ahead it has then just expired.
AHEAD_SECONDS = 330
LEEWAY_SECONDS = 30
HOUSE = "rapport"  # the audience of a person's token: every service of the house
DIRECTORY = "accounts"  # the only signer of people
MAX_CACHED = 4096


def generate_keypair(directory: Path, kid: str) -> tuple[Path, Path]:
    """Write <kid>.key (private, mode 0600) and public/<kid>.pem; return both paths."""
    key = Ed25519PrivateKey.generate()
    private, public = directory / f"{kid}.key", directory / "public" / f"{kid}.pem"
    public.parent.mkdir(parents=True, exist_ok=True)
    private.touch(mode=0o600)
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(
        key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    return private, public


class WrongKey(ValueError):
    """Say that a file holds no private key that tokens can be signed with."""


class Signer:
    """Sign tokens with one private key.

    :raises WrongKey: if the file holds none.
    """

    def __init__(self, private_key: Path, kid: str) -> None:
        self._key = _read_key(private_key)
        self._kid = kid
        self._own: dict[tuple[str, str | None], tuple[float, str]] = {}

    def sign(
        self,
        subject: str,
        audience: Iterable[str],
        *,
        roles: Iterable[str] = (),
        lifetime_seconds: int = LIFETIME_SECONDS,
        **claims: object,
    ) -> str:
        """Sign a token; extra claims (entity, teams, territories) must be JSON values."""
        now = int(time.time())
        payload = {
            **claims,
            "iss": self._kid,
            "sub": subject,
            "aud": list(audience),
            "roles": list(roles),
            "iat": now,
            "exp": now + lifetime_seconds,
        }
        return jwt.encode(payload, self._key, algorithm="EdDSA", headers={"kid": self._kid})

    def for_service(self, target: str, on_behalf_of: str | None = None) -> str:
        """Return this service's own token for a callee, renewed at half its life."""
        key = (target, on_behalf_of)
        renew_at, token = self._own.get(key, (0.0, ""))
        if time.time() >= renew_at:
            if len(self._own) >= MAX_CACHED:
                self._own.clear()
            token = self.sign(f"service:{self._kid}", [target], obo=on_behalf_of)
            self._own[key] = (time.time() + LIFETIME_SECONDS / 2, token)
        return token


def _read_key(path: Path) -> Ed25519PrivateKey:
    sentence = f"{path} holds no Ed25519 private key (PEM, without a passphrase)."
    try:
        found = load_pem_private_key(path.read_bytes(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as wrong:
        raise WrongKey(sentence) from wrong
    if not isinstance(found, Ed25519PrivateKey):
        raise WrongKey(sentence)
    return found


class Verifier:
    """Verify tokens against the public keys of a directory; each is checked once, then cached."""

    def __init__(self, public_keys: Path, service: str) -> None:
        self._directory = public_keys
        self._audience = [service, HOUSE]
        self._keys: dict[str, str] = {}
        self._known: dict[str, tuple[float, Caller]] = {}

    def verify(self, token: str | None) -> Caller:
        """Return who sent this token.

        :raises Forbidden: if there is none, or it is malformed, foreign, forged or expired.
        """
        if not token:
            raise Forbidden("A token is required.", code="auth.token_missing")
        known = self._known.get(token)
        if known is not None:
            if known[0] > time.time():
                return known[1]
            del self._known[token]
        claims = self._claims(token)
        caller = _caller(claims)
        if len(self._known) >= MAX_CACHED:
            self._known.clear()
        self._known[token] = (float(str(claims["exp"])), caller)
        return caller

    def _claims(self, token: str) -> dict[str, object]:
        try:
            kid = str(jwt.get_unverified_header(token).get("kid", ""))
            claims: dict[str, object] = jwt.decode(
                token,
                self._key(kid),
                algorithms=["EdDSA"],
                audience=self._audience,
                leeway=LEEWAY_SECONDS,
                # To refuse a token from the future is to refuse a neighbour whose clock is ahead.
                options={"require": ["exp", "iat", "iss", "sub", "aud"], "verify_iat": False},
            )
        except jwt.ExpiredSignatureError as wrong:
            raise Forbidden("The token has expired.", code="auth.token_expired") from wrong
        except jwt.InvalidAudienceError as wrong:
            raise Forbidden(
                "The token was made for another service.", code="auth.token_audience"
            ) from wrong
        except jwt.PyJWTError as wrong:
            raise Forbidden("The token is not valid.", code="auth.token_invalid") from wrong
        _check_signer(claims, kid)
        _check_age(claims)
        return claims

    def _key(self, kid: str) -> str:
        if kid not in self._keys:
            path = self._directory / f"{kid}.pem"
            if not kid.replace("_", "").isalnum() or not path.is_file():
                raise Forbidden("The token's signer is unknown.", code="auth.token_signer")
            self._keys[kid] = path.read_text()
        return self._keys[kid]


def _check_signer(claims: dict[str, object], kid: str) -> None:
    """Refuse a signer that speaks for somebody else."""
    allowed = {f"service:{kid}"}
    subject = str(claims["sub"])
    spoken_for = subject in allowed or (kid == DIRECTORY and subject.startswith("person:"))
    if claims["iss"] != kid or not spoken_for:
        raise Forbidden("The signer may not speak for this subject.", code="auth.token_signer")


def _check_age(claims: dict[str, object]) -> None:
    """Refuse what was signed further in the future than clocks may differ."""
    signed_at = claims["iat"]
    if not isinstance(signed_at, int | float) or signed_at > time.time() + AHEAD_SECONDS:
        raise Forbidden("The token is not valid.", code="auth.token_invalid")


def _caller(claims: dict[str, object]) -> Caller:
    def texts(name: str) -> tuple[str, ...]:
        value = claims.get(name)
        return tuple(str(item) for item in value) if isinstance(value, list) else ()

    return Caller(
        subject=str(claims["sub"]),
        roles=texts("roles"),
        entity_id=str(claims.get("entity", "group")),
        team_ids=texts("teams"),
        territory_ids=texts("territories"),
        on_behalf_of=str(claims["obo"]) if claims.get("obo") else None,
    )
