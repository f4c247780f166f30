"""The settings that only marketing has."""

from dataclasses import dataclass
from email.utils import parseaddr
from urllib.parse import unquote, urlsplit

from chassis.config import ConfigError
from services.marketing.domain.sends import is_address

SMTP_PORT = 25
_PATHS = ("", "/")


@dataclass(frozen=True, slots=True)
class Own:
    """Where mail goes out, and where its links lead."""

    smtp_uri: str  # smtp://[user:password@]host[:port]
    public_uri: str  # of the gateway, as customers reach it
    mail_from: str = "Rapport <crm@rapport.invalid>"

    def __post_init__(self) -> None:
        """Refuse what no mail could be sent with; values that may hold a password stay unsaid."""
        smtp, public = urlsplit(self.smtp_uri), urlsplit(self.public_uri)
        if smtp.scheme != "smtp" or not smtp.hostname or smtp.path not in _PATHS:
            raise ConfigError("RAPPORT_SMTP_URI must be smtp://[user:password@]host[:port].")
        if (smtp.username is None) is not (smtp.password is None):
            raise ConfigError("RAPPORT_SMTP_URI names a user without a password, or the reverse.")
        for name, uri in (("RAPPORT_SMTP_URI", smtp), ("RAPPORT_PUBLIC_URI", public)):
            try:
                _ = uri.port
            except ValueError as wrong:
                raise ConfigError(f"{name} names a port that is none.") from wrong
        if public.scheme not in {"http", "https"} or not public.hostname or public.query:
            raise ConfigError("RAPPORT_PUBLIC_URI must start with http:// or https://.")
        if not self.public_uri.isascii():  # its links stand in headers
            raise ConfigError("RAPPORT_PUBLIC_URI must be written in ASCII (xn--… for a host).")
        if not is_address(self.sender) or not self.mail_from.isprintable():
            raise ConfigError("RAPPORT_MAIL_FROM must hold a mail address.")

    @property
    def smtp_host(self) -> str:
        """Return the mail server's host."""
        return urlsplit(self.smtp_uri).hostname or ""

    @property
    def smtp_port(self) -> int:
        """Return the mail server's port."""
        return urlsplit(self.smtp_uri).port or SMTP_PORT

    @property
    def login(self) -> tuple[str, str] | None:
        """Return the user and password for the mail server, if it wants any."""
        smtp = urlsplit(self.smtp_uri)
        if smtp.username is None or smtp.password is None:
            return None
        return unquote(smtp.username), unquote(smtp.password)

    @property
    def sender(self) -> str:
        """Return the bare address that mail comes from."""
        return parseaddr(self.mail_from)[1]

    def link(self, *parts: str) -> str:
        """Return a link to the gateway."""
        return "/".join((self.public_uri.rstrip("/"), *parts))
