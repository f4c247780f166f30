"""The settings that only the gateway has."""

from dataclasses import dataclass

from chassis.config import MAX_PORT, ConfigError

MAX_PROXIES = 10
MAX_PER_MINUTE = 100_000


@dataclass(frozen=True, slots=True)
class Own:
    """What the gateway may be told from outside."""

    http_port: int
    trusted_proxies: int = 0  # how many proxies of ours stand before it, each naming whom it heard
    https: bool = False  # visitors come by https, so browsers are told to keep to it
    requests_per_minute: int = 60  # from one address, and as many at once; see LINK_TIMES

    def __post_init__(self) -> None:
        """Refuse what cannot be.

        :raises ConfigError: if a number is out of its range.
        """
        for name, value, least, most in (
            ("HTTP_PORT", self.http_port, 0, MAX_PORT),
            ("TRUSTED_PROXIES", self.trusted_proxies, 0, MAX_PROXIES),
            ("REQUESTS_PER_MINUTE", self.requests_per_minute, 1, MAX_PER_MINUTE),
        ):
            if not least <= value <= most:
                raise ConfigError(f"RAPPORT_{name} must be from {least} to {most}, not {value}.")
