"""The bridge's own settings."""

from pathlib import Path

import pytest

from chassis.config import ConfigError
from services.telephony.bridge.config import Own

SPOOL = Path("spool")


def own(uri: str = "ami://bridge:secret@pbx.example.com:5038", **given: object) -> Own:
    return Own(pbx_uri=uri, spool=SPOOL, **given)  # type: ignore[arg-type]  # what is wrong is the test


def test_reads_the_address() -> None:
    address = own("ami://bridge:p%40ss%2Fword@127.0.0.1:15038").address()

    assert (address.host, address.port) == ("127.0.0.1", 15038)
    assert (address.user, address.secret) == ("bridge", "p@ss/word")
    assert str(address) == "127.0.0.1:15038"


def test_knows_the_usual_port() -> None:
    assert own("ami://bridge:secret@pbx").address().port == 5038


@pytest.mark.parametrize(
    "uri",
    ["", "pbx", "http://bridge:secret@pbx", "ami://pbx:5038", "ami://bridge@pbx", "ami://:x@pbx",
     "ami://bridge:secret@:5038", "ami://bridge:secret@pbx:99999", "ami://bridge:secret@pbx:x",
     "ami://bridge:se%0D%0Acret@pbx"],
)  # fmt: skip
def test_refuses_what_is_no_address_without_saying_the_secret(uri: str) -> None:
    with pytest.raises(ConfigError, match="RAPPORT_PBX_URI must be of the form") as wrong:
        own(uri)

    assert "cret" not in str(wrong.value).replace("user:secret@", "")


def test_refuses_a_region_that_is_none() -> None:
    with pytest.raises(ConfigError, match="RAPPORT_PBX_REGION"):
        own(pbx_region="China")


@pytest.mark.parametrize("trunks", ["", " , "])
def test_refuses_to_be_without_a_trunk(trunks: str) -> None:
    with pytest.raises(ConfigError, match="RAPPORT_PBX_TRUNKS"):
        own(pbx_trunks=trunks)


def test_reads_several_trunks() -> None:
    assert own(pbx_trunks="trunk, carrier-b").trunks() == {"trunk", "carrier-b"}


def test_refuses_a_spool_that_holds_nothing() -> None:
    with pytest.raises(ConfigError, match="RAPPORT_SPOOL_BYTES must be 1000000 or more"):
        own(spool_bytes=10)
