"""Settings that no mail could be sent with."""

import pytest

from chassis.config import ConfigError
from services.marketing.config import Own
from tests.support.marketing import NOBODY, PUBLIC


def test_reads_where_mail_goes():
    own = Own(smtp_uri="smtp://me:p%40ss@mail:2525", public_uri="https://x/crm/")

    assert (own.smtp_host, own.smtp_port, own.login) == ("mail", 2525, ("me", "p@ss"))
    assert own.link("u", "t") == "https://x/crm/u/t"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"smtp_uri": "http://mail"}, "RAPPORT_SMTP_URI must be"),
        ({"smtp_uri": "smtp://"}, "RAPPORT_SMTP_URI must be"),
        ({"smtp_uri": "smtp://me@mail"}, "without a password"),
        ({"smtp_uri": "smtp://mail:port"}, "a port that is none"),
        ({"public_uri": "ftp://x"}, "RAPPORT_PUBLIC_URI must start"),
        ({"public_uri": "https://x/?a=b"}, "RAPPORT_PUBLIC_URI must start"),
        (
            {"public_uri": "https://gästebuch.example"},
            "RAPPORT_PUBLIC_URI must be written in ASCII",
        ),
        ({"mail_from": "a..b@x.y"}, "RAPPORT_MAIL_FROM must hold"),
        ({"mail_from": "nobody"}, "RAPPORT_MAIL_FROM must hold"),
        ({"mail_from": "a@b\r\nBcc: c@d"}, "RAPPORT_MAIL_FROM must hold"),
    ],
)
def test_settings_that_no_mail_could_be_sent_with(wrong, said):
    with pytest.raises(ConfigError, match=said) as refused:
        Own(**{"smtp_uri": NOBODY, "public_uri": PUBLIC} | wrong)

    assert "\n" not in str(refused.value)
