"""Mail servers that are slow at the wrong moment: what never left is not of unknown fate."""

import socket
import threading
import time

import pytest

from chassis.errors import Unavailable
from chassis.steps import TookTooLong
from chassis.taking import ACT_SECONDS
from services.marketing.config import Own
from services.marketing.domain.sends import Outcome, SendStatus
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

        def five(host, port, *args, **options):
            found = real("127.0.0.1" if host == "mail.example" else host, port, *args, **options)
            return found[:1] * 5 if host == "mail.example" else found

        monkeypatch.setattr(socket, "getaddrinfo", five)
        began = time.monotonic()

        with a_black_hole() as (_, port):
            own = Own(smtp_uri=f"smtp://mail.example:{port}", public_uri=PUBLIC)
            with pytest.raises(Unavailable) as refused:
                smtp.deliver(own, MAIL, MESSAGE)

        assert refused.value.code == "marketing.mail.server_away"
        assert time.monotonic() - began < 3.0, "five times a second it would be otherwise"

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
