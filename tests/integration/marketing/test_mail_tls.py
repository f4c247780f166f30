"""Mail over TLS and with a password: encrypted first, to nobody but the named server, or not at all."""

import asyncio
import json
import ssl
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from ipaddress import ip_address

import pytest
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from chassis.tables import PROCESSES
from services.marketing.processes import smtp
from services.marketing.tables import Send
from tests.support.marketing import fates, launched, run

MAIL = "c1@example.com"
USER, PASSWORD = "crm", "p@ss:word"
LOGIN = "crm:p%40ss%3Aword"  # as the setting takes it
# The resolver takes it for 127.0.0.1, and nothing else does: a server as far away as one can be.
FAR = "127.1"


class Provider:
    """A mail provider in a thread of this process: what it heard, in which order."""

    def __init__(self, *, tls=None, asks_for_login=False, takes_clear=False):
        self.heard = []
        self.mails = []
        self._loop = asyncio.new_event_loop()
        self._make = partial(
            SMTP, self, hostname="mail.localhost", loop=self._loop, tls_context=tls,
            require_starttls=tls is not None, authenticator=self._authenticate,
            auth_required=asks_for_login, auth_require_tls=not takes_clear,
        )  # fmt: skip
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def start(self):
        self._thread.start()
        listening = self._loop.create_server(self._make, "127.0.0.1", 0)
        self._server = asyncio.run_coroutine_threadsafe(listening, self._loop).result(10)
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self):
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    # -- what aiosmtpd asks ------------------------------------------------------------------------

    def _authenticate(self, _server, session, _envelope, _mechanism, data):
        given = (data.login.decode(), data.password.decode())
        self.heard.append(("AUTH", session.ssl is not None, given))
        # Not handled: aiosmtpd answers 535 then, and nothing at all otherwise.
        return AuthResult(success=given == (USER, PASSWORD), handled=False)

    async def handle_MAIL(  # noqa: N802  # aiosmtpd's
        self, _server, session, envelope, address, options
    ):
        self.heard.append(("MAIL", session.ssl is not None, bool(session.authenticated)))
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, _server, session, envelope):  # noqa: N802  # aiosmtpd's
        self.mails.append((session.ssl is not None, envelope.rcpt_tos))
        return "250 OK"


@contextmanager
def a_provider(**how):
    """Run a mail provider."""
    provider = Provider(**how)
    provider.start()
    try:
        yield provider
    finally:
        provider.stop()


def a_certificate(folder, name, *, address=None):
    """Make a certificate that vouches for itself; return the files of it and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    names = [x509.DNSName(name)]
    if address is not None:
        names.append(x509.IPAddress(ip_address(address)))
    now = datetime.now(UTC)  # noqa: TID251  # OpenSSL looks at the real clock
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / f"{name}.crt", folder / f"{name}.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate, private


def speaking_tls(certificate, private):
    """Return what a server needs to speak TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, private)
    return context


@pytest.fixture
def certified(tmp_path):
    """A certificate and key for localhost, which nobody trusts yet."""
    return a_certificate(tmp_path, "localhost", address="127.0.0.1")


@pytest.fixture
def trust(monkeypatch):
    """Make this machine trust a certificate: OpenSSL looks here whenever a context is made."""

    def trusted(certificate):
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        smtp.tls.cache_clear()

    smtp.tls.cache_clear()
    yield trusted
    smtp.tls.cache_clear()


def send_through(marketing, provider, *, host="localhost", login=LOGIN):
    """Let a campaign go out through a provider."""
    before = f"{login}@" if login else ""
    uri = f"smtp://{before}{host}:{provider.port}"
    object.__setattr__(marketing.runtime.own, "smtp_uri", uri)
    launched(marketing)
    run(marketing)


def reason(marketing):
    """Return why the message was put off."""
    (row,) = [one for one in marketing.rows(PROCESSES) if one.kind == "send_message"]
    return json.loads(row.error)["code"]


class TestStartTls:
    def test_comes_before_the_password_and_the_mail(self, marketing, certified, trust):
        trust(certified[0])

        with a_provider(tls=speaking_tls(*certified), asks_for_login=True) as provider:
            send_through(marketing, provider)

        assert fates(marketing) == {"c1": ("sent", None)}
        assert provider.heard == [("AUTH", True, (USER, PASSWORD)), ("MAIL", True, True)]
        assert provider.mails == [(True, [MAIL])]

    def test_is_used_also_where_no_password_is_needed(self, marketing, certified, trust):
        trust(certified[0])

        with a_provider(tls=speaking_tls(*certified)) as provider:
            send_through(marketing, provider, login=None)

        assert fates(marketing) == {"c1": ("sent", None)}
        assert provider.heard == [("MAIL", True, False)]

    def test_with_a_certificate_that_nobody_trusts_hands_nothing_over(
        self, marketing, certified, trust
    ):
        with a_provider(tls=speaking_tls(*certified), asks_for_login=True) as provider:
            send_through(marketing, provider)
            assert (provider.heard, provider.mails) == ([], [])
            assert fates(marketing) == {"c1": ("sending", None)}
            assert reason(marketing) == "marketing.mail.tls_failed"

            trust(certified[0])
            run(marketing)

        assert fates(marketing) == {"c1": ("sent", None)}
        assert [one.attempts for one in marketing.rows(Send)] == [2]
        assert provider.mails == [(True, [MAIL])]

    def test_with_a_certificate_of_somebody_else_hands_nothing_over(
        self, marketing, tmp_path, trust
    ):
        elsewhere = a_certificate(tmp_path, "mail.example.com")
        trust(elsewhere[0])

        with a_provider(tls=speaking_tls(*elsewhere), asks_for_login=True) as provider:
            send_through(marketing, provider)

        assert reason(marketing) == "marketing.mail.tls_failed"
        assert fates(marketing) == {"c1": ("sending", None)}
        assert (provider.heard, provider.mails) == ([], [])


class TestAPassword:
    def test_goes_to_no_server_in_the_clear(self, marketing):
        with a_provider(takes_clear=True) as provider:
            send_through(marketing, provider, host=FAR)

        assert reason(marketing) == "marketing.mail.no_tls"
        assert fates(marketing) == {"c1": ("sending", None)}
        assert (provider.heard, provider.mails) == ([], [])

    def test_may_go_in_the_clear_where_it_does_not_leave_the_machine(self, marketing):
        with a_provider(takes_clear=True) as provider:
            send_through(marketing, provider, host="127.0.0.1")

        assert fates(marketing) == {"c1": ("sent", None)}
        assert provider.heard == [("AUTH", False, (USER, PASSWORD)), ("MAIL", False, True)]

    def test_that_is_wrong_is_asked_about_later_and_nothing_is_handed_over(
        self, marketing, certified, trust
    ):
        trust(certified[0])

        with a_provider(tls=speaking_tls(*certified), asks_for_login=True) as provider:
            send_through(marketing, provider, login="crm:wrong")

            assert reason(marketing) == "marketing.mail.login_refused"
            assert fates(marketing) == {"c1": ("sending", None)}
            # smtplib offers the password in each way that the server knows, and stops there.
            assert {one[0] for one in provider.heard} == {"AUTH"}
            assert provider.mails == []

    def test_is_nowhere_in_what_is_kept_of_the_failure(self, marketing):
        with a_provider(takes_clear=True) as provider:
            send_through(marketing, provider, host=FAR)

        (row,) = [one for one in marketing.rows(PROCESSES) if one.kind == "send_message"]
        assert PASSWORD not in row.error + row.data
        assert "p%40ss" not in row.error + row.data


def test_mail_to_a_far_server_without_a_password_needs_no_tls(marketing):
    """As documented: STARTTLS where the server offers it."""
    with a_provider() as provider:
        send_through(marketing, provider, host=FAR, login=None)

    assert fates(marketing) == {"c1": ("sent", None)}
    assert provider.mails == [(False, [MAIL])]
