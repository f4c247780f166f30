"""Mail servers that are slow at the wrong moment: what never left is not of unknown fate."""

import socket
import threading
import time

import pytest

from chassis.acting import ACT_SECONDS
from chassis.errors import Unavailable
from chassis.steps import TookTooLong
from services.marketing.config import Own
from services.marketing.domain.sends import Outcome, Reason, SendStatus
from services.marketing.processes import smtp
from tests.support.marketing import PUBLIC
from tests.support.oddmail import a_black_hole, an_odd_server, cutting_off

MAIL = "c1@example.com"
MESSAGE = b"Subject: x\r\n\r\nx\r\n"


def test_the_times_together_are_shorter_than_an_effect_may_take():
    assert smtp.HANDSHAKE_SECONDS + smtp.REPLY_SECONDS < ACT_SECONDS


class TestDeliver:
    def test_gives_all_addresses_of_a_server_the_time_of_one(self, monkeypatch):
        monkeypatch.setattr(smtp, "HANDSHAKE_SECONDS", 1.0)
        real = socket.getaddrinfo

        def sixty(host, port, *args, **options):
            found = real("127.0.0.1" if host == "mail.example" else host, port, *args, **options)
            return found[:1] * 60 if host == "mail.example" else found

        monkeypatch.setattr(socket, "getaddrinfo", sixty)
        began = time.monotonic()

        with a_black_hole() as (_, port):
            own = Own(smtp_uri=f"smtp://mail.example:{port}", public_uri=PUBLIC)
            with pytest.raises(Unavailable) as refused:
                smtp.deliver(own, MAIL, MESSAGE)

        assert refused.value.code == "marketing.mail.server_away"
        assert time.monotonic() - began < 45.0, "sixty times a second it would be otherwise"

    def test_does_not_wait_for_a_farewell(self):
        farewell = threading.Event()

        def never():
            farewell.wait(30)
            return "221 bye"

        began = time.monotonic()
        with an_odd_server(QUIT=never) as server:
            outcome = smtp.deliver(server.own, MAIL, MESSAGE)
        farewell.set()

        assert outcome == Outcome(SendStatus.SENT)
        assert time.monotonic() - began < smtp.REPLY_SECONDS / 2

    @pytest.mark.parametrize(
        "said",
        [
            "550 no such user", "551 not here", "553 never heard", "550 5.1.1 unknown",
            "550 5.1.10 null MX", "554 5.2.1 disabled",
        ],
    )  # fmt: skip
    def test_takes_for_refused_an_address_where_nobody_is(self, said):
        with an_odd_server(RCPT=said) as server:
            outcome = smtp.deliver(server.own, MAIL, MESSAGE)

        assert outcome == Outcome(SendStatus.REFUSED, Reason.ADDRESS_REFUSED)

    @pytest.mark.parametrize(
        "said",
        [
            "554 relay denied", "554 5.7.1 relay denied", "550 5.7.1 you are on a list",
            "550 5.1.8 bad sender", "552 5.2.2 mailbox full", "530 5.7.0 log in first",
            "451 4.1.1 later",
        ],
    )  # fmt: skip
    def test_does_not_blame_the_address_for_anything_else(self, said):
        with an_odd_server(RCPT=said) as server, pytest.raises(Unavailable) as refused:
            smtp.deliver(server.own, MAIL, MESSAGE)

        assert refused.value.code == "marketing.mail.later"
        assert refused.value.detail == {"smtp_code": int(said[:3])}

    @pytest.mark.parametrize("verb", ["hello", "EHLO", "MAIL", "RCPT", "DATA"])
    def test_that_is_cut_off_before_the_server_wants_the_message_may_be_tried_again(self, verb):
        with cutting_off() as cut, an_odd_server(**{verb: cut}) as server:
            with pytest.raises(Unavailable) as refused:
                smtp.deliver(server.own, MAIL, MESSAGE)

            assert refused.value.code == "marketing.mail.server_away"
            assert "." not in server.heard

    def test_that_is_cut_off_after_that_does_not_know_what_became_of_it(self):
        with (
            cutting_off() as cut,
            an_odd_server(taken=cut) as server,
            pytest.raises(TookTooLong),
        ):
            smtp.deliver(server.own, MAIL, MESSAGE)
