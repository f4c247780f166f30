"""A message as it goes over the wire."""

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import format_datetime, parseaddr

from services.marketing.config import Own
from services.marketing.domain.templates import Variant, render


class _Link(UnstructuredHeader, BaseHeader):
    """A header whose link mail programs take as it is: it is neither folded nor encoded."""

    def fold(self, *, policy: Policy) -> str:
        """Return the header on one line: a long word would become =?utf-8?q?…?= in folding."""
        return f"{self.name}: {self}{policy.linesep}"


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", _Link)
WIRE = SMTP.clone(cte_type="7bit", header_factory=_HEADERS)  # every mail server takes it


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """Everything that one message is made of."""

    message_id: str
    address: str
    language: str
    variant: Variant
    name: str
    tier: str
    at: datetime  # business instant
    token: str | None  # of the link to unsubscribe
    secret: str | None  # of the link that a message about his own affairs leads to
    door: str  # of the gateway, which that link leads to
    expires_on: str


def compose(letter: Letter, own: Own) -> EmailMessage:
    """Make the message; its links lead to the gateway.

    :raises TemplateWrong: if its words cannot be filled in.
    """
    out = own.link("u", letter.token) if letter.token else ""
    words = render(
        letter.variant,
        {
            "name": letter.name,
            "language": letter.language,
            "tier": letter.tier,
            "unsubscribe_url": out,
            "link": own.link(letter.door, letter.secret) if letter.secret else "",
            "expires_on": letter.expires_on,
        },
    )
    message = EmailMessage(policy=WIRE)
    message["From"] = Address(parseaddr(own.mail_from)[0], addr_spec=own.sender)
    message["To"] = Address(addr_spec=letter.address)
    message["Subject"] = words.subject
    message["Date"] = format_datetime(letter.at)
    message["Message-ID"] = f"<{letter.message_id}>"
    if out:
        # RFC 8058: a mail program may unsubscribe by one POST, and only so.
        message["List-Unsubscribe"] = f"<{out}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    else:
        message["Auto-Submitted"] = "auto-generated"
    message.set_content(words.text)
    if words.html is not None:
        message.add_alternative(words.html, subtype="html")
    message["Content-Language"] = letter.language  # last: content takes all such headers away
    return message
