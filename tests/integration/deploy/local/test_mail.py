"""The mail sink is a real SMTP server: it keeps what it accepts and fails as it is told."""

import smtplib

import pytest

from deploy.local.mail.spool import Fault
from tests.support.mail import a_post

LETTER = "Message-ID: <one@x>\r\nSubject: Hello\r\n\r\n.a line that begins with a dot\r\n"


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A sink for all tests of this file."""
    with a_post(tmp_path_factory.mktemp("sink")) as post:
        yield post


@pytest.fixture
def post(running):
    """A sink that holds nothing."""
    running.sink.clear()
    return running


def send(post, recipient="a@example.com"):
    """Send one mail as any program would."""
    with smtplib.SMTP("127.0.0.1", post.port, timeout=60) as server:
        server.sendmail("b@example.com", [recipient], LETTER)


def test_keeps_the_whole_message(post):
    send(post)

    (kept,) = post.sink.messages("a@example.com")
    assert kept.raw.decode() == LETTER
    assert (kept.message_id, post.sink.message_ids()) == ("one@x", ["one@x"])
    assert post.sink.by_message_id("<one@x>") == [kept]
    assert kept.parsed()["Subject"] == "Hello"


@pytest.mark.parametrize("code", [451, 550])
def test_refuses_one_recipient_as_often_as_told(post, code):
    post.sink.fail(Fault.RECIPIENT, recipient="a@example.com", code=code, times=1)

    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        send(post)
    send(post, "c@example.com")
    send(post)

    assert refused.value.recipients["a@example.com"][0] == code
    assert [one.recipient for one in post.sink.messages()] == ["c@example.com", "a@example.com"]


def test_refuses_a_message_after_all_of_it_was_sent(post):
    post.sink.fail(Fault.CONTENT, code=554)

    with pytest.raises(smtplib.SMTPDataError):
        send(post)

    assert post.sink.messages() == []


def test_accepts_and_hangs_up(post):
    post.sink.fail(Fault.DROP, times=1)

    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(post)

    assert len(post.sink.messages()) == 1


def test_accepts_and_says_so_late(post):
    post.sink.fail(Fault.STALL, seconds=30, times=1)
    server = smtplib.SMTP("127.0.0.1", post.port, timeout=0.5)

    with pytest.raises((TimeoutError, smtplib.SMTPServerDisconnected)):
        server.sendmail("b@example.com", ["a@example.com"], LETTER)

    assert len(post.sink.messages()) == 1
    server.close()


def test_recovers(post):
    post.sink.fail(Fault.CONTENT, code=554)
    post.sink.recover()

    send(post)

    assert len(post.sink.messages()) == 1
