"""How long the broker's certificates are good, where it is reached by TLS."""

import ssl
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

from cryptography import x509

from chassis.clock import real_now
from rapport_cli.doctor import remedies
from rapport_cli.doctor.findings import Finding, note, unseen, wrong
from rapport_cli.doctor.patient import Patient

SOON = timedelta(days=14)
TLS = {"amqps": 5671, "https": 443}  # scheme -> port where the URI names none
CONNECT_SECONDS = 5.0


def certificates(patient: Patient) -> Iterator[Finding]:
    """Read the certificates that the broker shows, without trusting them."""
    places = {
        (where.hostname, where.port or TLS[where.scheme])
        for where in map(urlsplit, (patient.amqp_uri or "", patient.admin_uri or ""))
        if where.scheme in TLS and where.hostname
    }
    for host, port in sorted(places):
        try:
            shown = ssl.get_server_certificate((host, port), timeout=CONNECT_SECONDS)
        except (OSError, ValueError) as failed:
            yield unseen(f"The certificate at {host}:{port}: {failed}.")
            continue
        ends = x509.load_pem_x509_certificate(shown.encode()).not_valid_after_utc
        says = f"The certificate at {host}:{port} is good until {ends:%Y-%m-%d}."
        soon = ends < real_now() + SOON
        yield wrong(says, remedies.CERTIFICATE_ENDS) if soon else note(says)
