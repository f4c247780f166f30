"""The settings of a service, read once from the environment."""

import os
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import TypeVar, get_type_hints
from urllib.parse import urlsplit

T = TypeVar("T")

PREFIX = "RAPPORT_"
ENVIRONMENTS = ("development", "test", "production")
_DATABASES = ("sqlite:///", "postgresql://", "postgresql+psycopg2://")
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
MAX_PORT = 65535
_DATABASE = "RAPPORT_DATABASE_URL"
_BOOLEANS = {"true": True, "false": False}
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


@dataclass(frozen=True, slots=True)
class PlainSettings:
    """What every process beside the services may be told from outside."""

    name: str
    amqp_uri: str
    ops_port: int
    signing_key: Path
    public_keys: Path
    clock_file: Path | None
    environment: str
    log_level: str


def read_settings(
    service: str, environ: Mapping[str, str], own: type[object] | None = None
) -> Settings:
    """Read a service's settings; ``own`` is the class of those that only this service has.

    :raises ConfigError: if a RAPPORT_ variable is missing, unknown or wrong.
    """
    given = _given(environ, _NAMES | own_names(own))
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


def read_plain(name: str, environ: Mapping[str, str], own: type[T]) -> tuple[PlainSettings, T]:
    """Read the settings of a plain process: the common ones and its own.

    :raises ConfigError: if a RAPPORT_ variable is missing, unknown or wrong.
    """
    given = _given(environ, {n: v for n, v in _NAMES.items() if n != _DATABASE} | own_names(own))
    # A plain process has no database; the checks of all the others are the same.
    common = read_settings(name, _only_common(given) | {_DATABASE: "sqlite:///none"})
    settings = PlainSettings(
        name=name,
        amqp_uri=common.amqp_uri,
        ops_port=common.ops_port,
        signing_key=common.signing_key,
        public_keys=common.public_keys,
        clock_file=common.clock_file,
        environment=common.environment,
        log_level=common.log_level,
    )
    return settings, read_own(own, environ)


def own_names(own: type[object] | None) -> dict[str, bool]:
    """Return the variables of a class of settings: name -> whether it must be given."""
    if own is None:
        return {}
    return {
        PREFIX + field.name.upper(): field.default is MISSING
        for field in fields(own)  # type: ignore[arg-type]  # settings are a dataclass
    }


def read_own(own: type[T], environ: Mapping[str, str]) -> T:
    """Read a frozen dataclass from the environment: field smtp_uri from RAPPORT_SMTP_URI.

    :raises ConfigError: if one is missing, is not what its type says, or the class refuses it.
    """
    kinds = get_type_hints(own)
    found = {}
    for name, needed in own_names(own).items():
        field = name.removeprefix(PREFIX).lower()
        if environ.get(name):
            found[field] = _converted(name, environ[name], kinds[field])
        elif needed:
            raise ConfigError(f"Missing setting {name}.")
    return own(**found)


def _converted(name: str, text: str, kind: type) -> object:
    if kind is bool:
        if text not in _BOOLEANS:
            raise ConfigError(f"{name} must be true or false, not {text!r}.")
        return _BOOLEANS[text]
    try:
        return kind(text)
    except ValueError as wrong:
        raise ConfigError(f"{name} must be of type {kind.__name__}.") from wrong


def _given(environ: Mapping[str, str], names: Mapping[str, bool]) -> dict[str, str]:
    given = {name: value for name, value in environ.items() if name.startswith(PREFIX)}
    unknown = sorted(given.keys() - names.keys())
    if unknown:
        raise ConfigError(f"Unknown setting {', '.join(unknown)}; known are {', '.join(names)}.")
    missing = sorted(name for name, needed in names.items() if needed and not given.get(name))
    if missing:
        raise ConfigError(f"Missing setting {', '.join(missing)}.")
    return given


def _only_common(given: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in given.items() if name in _NAMES}


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
