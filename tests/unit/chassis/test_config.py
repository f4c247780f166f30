"""A setting that is missing, unknown or wrong is fatal, in one sentence."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from chassis.config import ConfigError, read_own, read_plain, read_settings


@dataclass(frozen=True, slots=True)
class Own:
    """What only one service has."""

    smtp_uri: str
    spool: Path = Path("spool")
    workers: int = 4
    patience: float = 1.5
    is_strict: bool = False

    def __post_init__(self) -> None:
        if not self.smtp_uri.startswith("smtp://"):
            raise ConfigError("RAPPORT_SMTP_URI must start with smtp://.")


@pytest.fixture
def environ(tmp_path):
    (tmp_path / "sales.key").write_text("key")
    return {
        "RAPPORT_AMQP_URI": "amqp://sales:secret@127.0.0.1/",
        "RAPPORT_DATABASE_URL": "sqlite:////tmp/sales.db",
        "RAPPORT_OPS_PORT": "9000",
        "RAPPORT_SIGNING_KEY": str(tmp_path / "sales.key"),
        "RAPPORT_PUBLIC_KEYS": str(tmp_path),
        "PATH": "/bin",
    }


class TestReadSettings:
    def test_reads_all_and_defaults_to_production(self, environ):
        settings = read_settings("sales", environ)

        assert settings.ops_port == 9000
        assert settings.production
        assert settings.log_level == "INFO"

    @pytest.mark.parametrize(
        "name",
        [
            "RAPPORT_AMQP_URI",
            "RAPPORT_DATABASE_URL",
            "RAPPORT_OPS_PORT",
            "RAPPORT_SIGNING_KEY",
            "RAPPORT_PUBLIC_KEYS",
        ],
    )
    def test_names_a_missing_setting(self, environ, name):
        del environ[name]

        with pytest.raises(ConfigError, match=f"Missing setting {name}"):
            read_settings("sales", environ)

    @pytest.mark.parametrize(
        ("name", "value", "said"),
        [
            ("RAPPORT_DATABSE_URL", "x", "Unknown setting RAPPORT_DATABSE_URL"),
            ("RAPPORT_OPS_PORT", "http", "must be a port"),
            ("RAPPORT_OPS_PORT", "70000", "must be a port"),
            ("RAPPORT_AMQP_URI", "http://x", "amqp://"),
            ("RAPPORT_DATABASE_URL", "mysql://x", "sqlite:///"),
            ("RAPPORT_DATABASE_URL", "postgresql", "postgresql://"),
            ("RAPPORT_DATABASE_URL", "postgresql://u:p@h:abc/d", "names a port that is none"),
            ("RAPPORT_AMQP_URI", "amqp://u:p@h:70000/", "names a port that is none"),
            ("RAPPORT_SIGNING_KEY", "/nowhere", "does not exist"),
            ("RAPPORT_ENVIRONMENT", "prod", "must be one of"),
            ("RAPPORT_LOG_LEVEL", "LOUD", "must be one of"),
            ("RAPPORT_CLOCK_FILE", "clock.json", "refused in production"),
        ],
    )
    def test_refuses_what_is_unknown_or_wrong(self, environ, name, value, said):
        with pytest.raises(ConfigError, match=said):
            read_settings("sales", environ | {name: value})


class TestOwnSettings:
    def test_are_read_by_field_and_type(self, environ):
        told = environ | {
            "RAPPORT_SMTP_URI": "smtp://127.0.0.1:25",
            "RAPPORT_SPOOL": "/var/spool/x",
            "RAPPORT_WORKERS": "7",
            "RAPPORT_IS_STRICT": "true",
        }

        own = read_own(Own, told)

        assert own == Own("smtp://127.0.0.1:25", Path("/var/spool/x"), 7, 1.5, is_strict=True)

    def test_are_known_to_the_service_that_has_them_alone(self, environ):
        told = environ | {"RAPPORT_SMTP_URI": "smtp://127.0.0.1:25"}

        assert read_settings("marketing", told, Own).service == "marketing"
        with pytest.raises(ConfigError, match="Unknown setting RAPPORT_SMTP_URI"):
            read_settings("sales", told)

    @pytest.mark.parametrize(
        ("name", "value", "said"),
        [
            ("RAPPORT_SMTP_URI", "", "Missing setting RAPPORT_SMTP_URI"),
            ("RAPPORT_SMTP_URI", "http://x", "must start with smtp://"),
            ("RAPPORT_WORKERS", "many", "RAPPORT_WORKERS must be of type int"),
            ("RAPPORT_PATIENCE", "long", "RAPPORT_PATIENCE must be of type float"),
            ("RAPPORT_IS_STRICT", "yes", "must be true or false"),
        ],
    )
    def test_are_refused_in_one_sentence(self, name, value, said):
        with pytest.raises(ConfigError, match=said):
            read_own(Own, {"RAPPORT_SMTP_URI": "smtp://x", name: value})


class TestReadPlain:
    def test_reads_the_common_settings_and_its_own(self, environ):
        del environ["RAPPORT_DATABASE_URL"]
        environ["RAPPORT_SMTP_URI"] = "smtp://127.0.0.1:25"

        settings, own = read_plain("cti", environ, Own)

        assert (settings.name, settings.ops_port) == ("cti", 9000)
        assert own.workers == 4

    def test_refuses_a_database_and_a_missing_setting(self, environ):
        environ["RAPPORT_SMTP_URI"] = "smtp://127.0.0.1:25"
        with pytest.raises(ConfigError, match="Unknown setting RAPPORT_DATABASE_URL"):
            read_plain("cti", environ, Own)

        del environ["RAPPORT_DATABASE_URL"], environ["RAPPORT_SMTP_URI"]
        with pytest.raises(ConfigError, match="Missing setting RAPPORT_SMTP_URI"):
            read_plain("cti", environ, Own)
