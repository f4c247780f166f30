"""The settings of a service, read once from the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

PREFIX = "RAPPORT_"
ENVIRONMENTS = ("development", "test", "production")
_DATABASES = ("sqlite:///", "postgresql://", "postgresql+psycopg2://")
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
MAX_PORT = 65535
_NAMES = {
    "RAPPORT_AMQP_URI": True,
    "RAPPORT_DATABASE_URL": True,
    "RAPPORT_OPS_PORT": True,
    "RAPPORT_SIGNING_KEY": True,
    "RAPPORT_PUBLIC_KEYS": True,
    "RAPPORT_CLOCK_FILE": False,
    "RAPPORT_ENVIRONMENT": False,
    "RAPPORT_LOG_LEVEL": False,
}


class ConfigError(Exception):
    """Say in one sentence what is wrong with the configuration."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a service may be told from outside."""

    service: str
    amqp_uri: str
    database_url: str
    ops_port: int
    signing_key: Path  # this service's Ed25519 private key (PEM)
    public_keys: Path  # directory of <kid>.pem, one per signer
    clock_file: Path | None
    environment: str
    log_level: str

    @property
    def production(self) -> bool:
        """Say whether this is the real thing."""
        return self.environment == "production"


def environment() -> Mapping[str, str]:
    """Return what this process was told from outside."""
    return os.environ


def read_settings(
    service: str, environ: Mapping[str, str], extra: frozenset[str] = frozenset()
) -> Settings:
    """Read a service's settings; ``extra`` names the RAPPORT_ variables it reads itself.

    :raises ConfigError: if a RAPPORT_ variable is missing, unknown or wrong.
    """
    given = {name: value for name, value in environ.items() if name.startswith(PREFIX)}
    unknown = sorted(given.keys() - _NAMES.keys() - extra)
    if unknown:
        raise ConfigError(f"Unknown setting {', '.join(unknown)}; known are {', '.join(_NAMES)}.")
    missing = sorted(name for name, needed in _NAMES.items() if needed and not given.get(name))
    if missing:
        raise ConfigError(f"Missing setting {', '.join(missing)}.")
    clock = given.get("RAPPORT_CLOCK_FILE")
    settings = Settings(
        service=service,
        amqp_uri=given["RAPPORT_AMQP_URI"],
        database_url=given["RAPPORT_DATABASE_URL"],
        ops_port=_port(given["RAPPORT_OPS_PORT"]),
        signing_key=_existing(given, "RAPPORT_SIGNING_KEY"),
        public_keys=_existing(given, "RAPPORT_PUBLIC_KEYS"),
        clock_file=Path(clock) if clock else None,
        environment=_choice(given, "RAPPORT_ENVIRONMENT", ENVIRONMENTS, "production"),
        log_level=_choice(given, "RAPPORT_LOG_LEVEL", LEVELS, "INFO"),
    )
    if settings.production and settings.clock_file is not None:
        raise ConfigError("RAPPORT_CLOCK_FILE is refused in production: business time would lie.")
    _check_uris(settings)
    return settings


def _check_uris(settings: Settings) -> None:
    if not settings.amqp_uri.startswith(("amqp://", "amqps://")):
        raise ConfigError("RAPPORT_AMQP_URI must start with amqp:// or amqps://.")
    if not settings.database_url.startswith(_DATABASES):
        raise ConfigError("RAPPORT_DATABASE_URL must start with sqlite:/// or postgresql://.")
    for name, uri in (
        ("RAPPORT_AMQP_URI", settings.amqp_uri),
        ("RAPPORT_DATABASE_URL", settings.database_url),
    ):
        try:
            _ = urlsplit(uri).port
        except ValueError as wrong:
            # The value stays unsaid: it holds a password.
            raise ConfigError(f"{name} names a port that is none.") from wrong


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > MAX_PORT:
        raise ConfigError(f"RAPPORT_OPS_PORT must be a port from 0 to {MAX_PORT}, not {text!r}.")
    return int(text)


def _existing(given: Mapping[str, str], name: str) -> Path:
    path = Path(given[name])
    if not path.exists():
        raise ConfigError(f"{name} names a path that does not exist: {path}.")
    return path


def _choice(given: Mapping[str, str], name: str, allowed: tuple[str, ...], default: str) -> str:
    value = given.get(name, default)
    if value not in allowed:
        raise ConfigError(f"{name} must be one of {', '.join(allowed)}, not {value!r}.")
    return value
