"""The gateway's own settings."""

import pytest

from chassis.config import ConfigError, read_own
from services.gateway.config import Own


def test_a_port_is_enough():
    own = read_own(Own, {"RAPPORT_HTTP_PORT": "8080"})

    assert own == Own(8080, trusted_proxies=0, https=False, requests_per_minute=60)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RAPPORT_HTTP_PORT", "65536"),
        ("RAPPORT_HTTP_PORT", "http"),
        ("RAPPORT_TRUSTED_PROXIES", "-1"),
        ("RAPPORT_TRUSTED_PROXIES", "11"),
        ("RAPPORT_REQUESTS_PER_MINUTE", "0"),
        ("RAPPORT_HTTPS", "perhaps"),
    ],
)
def test_what_cannot_be_is_refused_by_name(name, value):
    with pytest.raises(ConfigError, match=f"^{name} must be"):
        read_own(Own, {"RAPPORT_HTTP_PORT": "8080"} | {name: value})
