"""How a command fails: one sentence on stderr, no traceback, an exit code that says whose move it is."""

from typing import IO, Any

import click
from pika import exceptions

from chassis.config import ConfigError
from chassis.envelope import Undecodable, encode
from chassis.errors import Problem, RemoteBug, Unavailable
from chassis.topology.shapes import WrongShape
from contracts.partners import WrongPartners

REFUSED, USAGE, UNAVAILABLE = 1, 2, 3
AS_JSON = "rapport.json"  # in the context's meta: this command was asked for JSON
# A declaration that contradicts itself is the caller's to correct.
_SENTENCES = (ConfigError, WrongShape, WrongPartners, Undecodable)


def lines(*shown: str, title: str = "Examples") -> str:
    """Write lines under a help text that click leaves as they are."""
    return "\n  ".join((f"\b\n{title}:", *shown))


class Failed(click.ClickException):
    """Carry the sentence, the code and the facts of a failure to the terminal."""

    def __init__(
        self, message: str, *, exit_code: int, code: str, detail: dict[str, object] | None = None
    ) -> None:
        super().__init__(message)
        self.exit_code = exit_code  # type: ignore[misc]  # click reads it from the instance
        self.code, self.detail = code, detail or {}
        context = click.get_current_context(silent=True)
        self.as_json = bool(context is not None and context.meta.get(AS_JSON))

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the sentence on stderr, and for machines the whole error on stdout."""
        if self.as_json:
            error = {"code": self.code, "message": self.message, "detail": self.detail}
            click.echo(encode({"error": error}).decode())
        click.echo(f"rapport: {self.message} [{self.code}]", file=file, err=True)


class Group(click.Group):
    """A group of commands that turns every foreseen error into a sentence."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command.

        :raises Failed: for everything that the house, the broker or the settings refuse.
        """
        try:
            return super().invoke(ctx)
        except (Problem, RemoteBug, exceptions.AMQPError, *_SENTENCES) as error:
            raise failed(error) from error


def failed(error: Exception) -> Failed:
    """Say what an error means for whoever typed the command."""
    if isinstance(error, Problem):
        exit_code = UNAVAILABLE if isinstance(error, Unavailable) else REFUSED
        return Failed(error.message, exit_code=exit_code, code=error.code, detail=error.detail)
    if isinstance(error, RemoteBug):
        sentence = f"The service failed in a way it did not foresee ({error}); its log says why."
        return Failed(sentence, exit_code=UNAVAILABLE, code="bug")
    if isinstance(error, exceptions.ChannelClosedByBroker):
        sentence = f"The broker refused this: {error.reply_text}."
        return Failed(sentence, exit_code=REFUSED, code="broker.refused")
    if isinstance(error, exceptions.AMQPError):
        sentence = f"The connection to the broker was lost: {type(error).__name__}."
        return Failed(sentence, exit_code=UNAVAILABLE, code="broker.lost")
    return Failed(str(error), exit_code=USAGE, code="settings")
