"""A setting that is missing, unknown or wrong is fatal, in one sentence."""

import pytest

from chassis.config import ConfigError, read_settings


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
