"""The command line as its user has it: words in, output and exit code out."""

from click.testing import CliRunner, Result

from rapport_cli.main import main
from tests.support.bus import Bus


def operator(bus: Bus, *words: str) -> Result:
    """Run a command as the operator."""
    env = {"RAPPORT_AMQP_URI": bus.uri_of("operator"), "RAPPORT_TOKEN": "a token"}
    return CliRunner().invoke(main, list(words), env=env)
