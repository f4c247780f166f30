"""The command `rapport doctor`: every check, and what they found."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import click
from pika import exceptions

from chassis.errors import Problem, RemoteBug
from rapport_cli import services, show
from rapport_cli.doctor import bus, processes, stored
from rapport_cli.doctor.certificates import certificates
from rapport_cli.doctor.findings import Finding, Level, unseen
from rapport_cli.doctor.patient import Patient
from rapport_cli.doctor.warehouse import warehouse
from rapport_cli.failures import REFUSED, UNAVAILABLE, lines
from rapport_cli.house import House, admin_option, amqp_option, json_option
from rapport_cli.tokens import token_option

WIDTH = 14


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that is looked at."""

    name: str
    run: Callable[[Patient], Iterator[Finding]]
    on_broker: bool = False  # cannot be looked at while the broker is away


CHECKS = (
    Check("broker", bus.broker),
    Check("topology", bus.topology, on_broker=True),
    Check("consumers", bus.consumers, on_broker=True),
    Check("parked", bus.parked, on_broker=True),
    Check("databases", stored.databases),
    Check("warehouse", warehouse, on_broker=True),
    Check("readiness", processes.readiness),
    Check("clocks", processes.clocks),
    Check("keys", processes.keys),
    Check("certificates", certificates),
)


@click.command(
    epilog=lines(
        "rapport doctor",
        "rapport doctor --json",
        "rapport --house var/house.json doctor",
    )
)
@token_option
@amqp_option
@admin_option
@json_option
@click.pass_context
def doctor(
    context: click.Context,
    *,
    given: str | None,
    amqp_uri: str | None,
    admin_uri: str | None,
    as_json: bool,
) -> None:
    """Look at every part of the house and say what is wrong and what to do; nothing is changed.

    Exits with 1 if something is wrong, with 3 if nothing is but something could not be looked at.
    """
    house: House = context.obj
    patient = Patient(
        house,
        services.topology(),
        amqp_uri or house.amqp_uri or house.operator_uri,
        admin_uri or (house.admin_uri if amqp_uri is None else None),
        given,
    )
    found = examine(patient)
    if as_json:
        facts = {name: [one.facts() for one in findings] for name, findings in found.items()}
        show.as_json({"state": _state(found), "checks": facts})
    else:
        _print(found)
    context.exit({Level.WRONG: REFUSED, Level.UNSEEN: UNAVAILABLE}.get(_worst(found), 0))


def examine(patient: Patient) -> dict[str, list[Finding]]:
    """Run every check and return what each found."""
    found: dict[str, list[Finding]] = {}
    for check in CHECKS:
        away = check.on_broker and not any(one.level is Level.NOTE for one in found["broker"])
        found[check.name] = [unseen("The broker is away.")] if away else _run(check, patient)
    return found


def _run(check: Check, patient: Patient) -> list[Finding]:
    """Run one check; what it could not reach is a finding as well."""
    found = []
    try:
        for finding in check.run(patient):
            found.append(finding)  # noqa: PERF402 - what was found before a failure counts
    except Problem as problem:
        found.append(unseen(problem.message))
    except RemoteBug as bug:
        found.append(unseen(f"A service failed in a way it did not foresee: {bug}."))
    except exceptions.AMQPError as lost:
        found.append(unseen(f"The connection to the broker was lost: {type(lost).__name__}."))
    return found


def _print(found: dict[str, list[Finding]]) -> None:
    for name, findings in found.items():
        words = {Level.WRONG: "WRONG", Level.UNSEEN: "not seen"}
        click.echo(f"{name:<{WIDTH}}{words.get(_worst({name: findings}), 'well')}")
        for one in findings:
            click.echo(f"{'':<{WIDTH}}{one.says}")
        for remedy in dict.fromkeys(one.remedy for one in findings if one.remedy):
            click.echo(f"{'':<{WIDTH}}→ {remedy.do} {remedy.see}")
    every = [one.level for findings in found.values() for one in findings]
    wrong, unseen_ = every.count(Level.WRONG), every.count(Level.UNSEEN)
    click.echo("")
    if wrong or unseen_:
        click.echo(f"{wrong} wrong, {unseen_} could not be looked at.")
    else:
        click.echo("Everything is well.")


def _worst(found: dict[str, list[Finding]]) -> Level:
    levels = {one.level for findings in found.values() for one in findings}
    return next((one for one in (Level.WRONG, Level.UNSEEN) if one in levels), Level.NOTE)


def _state(found: dict[str, list[Finding]]) -> str:
    return {Level.WRONG: "wrong", Level.UNSEEN: "unseen"}.get(_worst(found), "well")
