"""Who gets no message, and what is kept of tokens and addresses."""

from datetime import UTC, datetime, timedelta

import pytest

from services.marketing.domain.sends import (
    Reason,
    Standing,
    fingerprint,
    is_address,
    masked,
    new_token,
    token_hash,
    why_not,
)
from services.marketing.domain.templates import Purpose

NOW = datetime(2017, 3, 1, tzinfo=UTC)
MAIL = "Ada@example.com"


def standing(**fields):
    return Standing(**{"address": MAIL, "granted_at": NOW} | fields)


class TestWhyNot:
    @pytest.mark.parametrize(
        ("fields", "marketing", "service"),
        [
            ({}, None, None),
            ({"granted_at": None}, Reason.NO_CONSENT, None),
            ({"unsubscribed_at": NOW}, Reason.UNSUBSCRIBED, None),
            ({"unsubscribed_at": NOW - timedelta(seconds=1)}, None, None),
            ({"granted_at": None, "unsubscribed_at": NOW}, Reason.UNSUBSCRIBED, None),
            ({"stopped_at": NOW}, Reason.DO_NOT_CONTACT, Reason.DO_NOT_CONTACT),
            ({"address": None}, Reason.NO_ADDRESS, Reason.NO_ADDRESS),
            (
                {"refused_address": fingerprint("ada@EXAMPLE.com")},
                Reason.ADDRESS_REFUSED,
                Reason.ADDRESS_REFUSED,
            ),
            ({"refused_address": fingerprint("old@example.com")}, None, None),
        ],
    )
    def test_depends_on_the_purpose(self, fields, marketing, service):
        assert why_not(Purpose.MARKETING, standing(**fields)) is marketing
        assert why_not(Purpose.SERVICE, standing(**fields)) is service


@pytest.mark.parametrize(
    "wrong",
    ["", "ada", "@x", "a@", "a b@x.y", "a@x.y\r\nRCPT TO:<b@x>", "<a@x.y>", "a@x.y,b@x.y", "ä@x.y"],
)
def test_what_could_end_a_command_is_no_address(wrong):
    assert not is_address(wrong)


@pytest.mark.parametrize(
    "wrong", ["john..doe@example.com", "foo.@x.y", ".a@x.y", "a@b@c", "a@x..y", "a@x.", "a@.y"]
)
def test_what_no_header_takes_is_no_address(wrong):
    assert not is_address(wrong)


@pytest.mark.parametrize("right", [MAIL, "o'hara@x.y", "a+b/c@x-y.z", "a@localhost"])
def test_what_a_header_takes_is_an_address(right):
    assert is_address(right)


def test_a_masked_address_says_little():
    assert (masked(MAIL), masked(None)) == ("A***@e***", "***")


def test_tokens_are_long_different_and_kept_as_a_hash():
    one, other = new_token(), new_token()

    assert one != other
    assert len(one) >= 32
    assert len(token_hash(one)) == 64
    assert one not in token_hash(one)
