"""The settings that only the bridge has."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import phonenumbers

from chassis.config import MAX_PORT, ConfigError

DEFAULT_SPOOL_BYTES = (
    1_000_000_000  # an hour of 250 calls a second without a broker is four times that
)
LEAST_SPOOL_BYTES = 1_000_000
MANAGER_PORT = 5038


@dataclass(frozen=True, slots=True)
class Address:
    """Where the PBX listens, and as whom the bridge logs in."""

    host: str
    port: int
    user: str
    secret: str

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Own:
    """What the bridge may be told from outside."""

    pbx_uri: str  # ami://user:secret@host:port
    spool: Path  # a directory that outlives the process
    pbx_region: str = "CN"  # completes national numbers
    pbx_trunks: str = "trunk"  # the endpoints that lead outside, with commas
    spool_bytes: int = DEFAULT_SPOOL_BYTES

    def __post_init__(self) -> None:
        self.address()
        if self.pbx_region not in phonenumbers.SUPPORTED_REGIONS:
            raise ConfigError(
                f"RAPPORT_PBX_REGION must be a region such as CN, not {self.pbx_region!r}."
            )
        if not self.trunks():
            raise ConfigError("RAPPORT_PBX_TRUNKS must name at least one endpoint.")
        if self.spool_bytes < LEAST_SPOOL_BYTES:
            raise ConfigError(f"RAPPORT_SPOOL_BYTES must be {LEAST_SPOOL_BYTES} or more.")

    def address(self) -> Address:
        """Read the PBX's address.

        :raises ConfigError: if it is none; what was given stays unsaid, for it holds a secret.
        """
        wrong = ConfigError("RAPPORT_PBX_URI must be of the form ami://user:secret@host:port.")
        try:
            parts = urlsplit(self.pbx_uri)
            port = parts.port or MANAGER_PORT
        except ValueError as error:
            raise wrong from error
        user, secret = unquote(parts.username or ""), unquote(parts.password or "")
        printable = (user + secret).isprintable()  # a line end would be another line of the request
        known = parts.scheme == "ami" and parts.hostname and user and secret
        if not known or not printable or port > MAX_PORT:
            raise wrong
        return Address(str(parts.hostname), port, user, secret)

    def trunks(self) -> frozenset[str]:
        """Return the endpoints that lead outside."""
        return frozenset(one.strip() for one in self.pbx_trunks.split(",") if one.strip())
