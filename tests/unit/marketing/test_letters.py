"""A message as it goes over the wire: what other programs read of it stays whole."""

from datetime import UTC, datetime

from services.marketing.config import Own
from services.marketing.domain.templates import Variant
from services.marketing.processes.letters import Letter, compose

PUBLIC = "https://rapport.customers.a-long-example-company.example.com"  # 60 characters
TOKEN = "zIbMRYkqXPx16L242gQkyo_YFmUK-CwH"


def a_letter(**fields):
    """A letter to somebody, with a link to unsubscribe."""
    given = {
        "message_id": "1@rapport.invalid", "address": "ada@example.com", "language": "en",
        "variant": Variant(subject="Hi", text="News"),
        "name": "Ada", "tier": "vip", "at": datetime(2017, 3, 1, tzinfo=UTC), "token": TOKEN,
        "secret": None, "door": "s", "expires_on": "",
    }  # fmt: skip
    return Letter(**given | fields)


class TestCompose:
    def test_neither_folds_nor_encodes_a_long_link_to_unsubscribe(self):
        message = compose(a_letter(), Own(smtp_uri="smtp://localhost", public_uri=PUBLIC))

        lines = message.as_bytes().decode().split("\r\n")
        assert f"List-Unsubscribe: <{PUBLIC}/u/{TOKEN}>" in lines
        assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in lines
