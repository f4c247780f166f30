"""Every import contract of pyproject.toml is seen to fail on a planted violation."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("chassis", "contracts", "services", "rapport_cli", "deploy", "demo", "bench")
LINTER = Path(sys.executable).with_name("lint-imports")

HOUSE = "The house: services use the chassis, the chassis uses contracts"
LAYERS = "A service has its layers"
INDEPENDENCE = "Services do not know each other"
RULES = "Rules know no library of storage, wire or bus"
USE_CASES = "Use cases and processes know no bus"
RULES_ALONE = "Rules know nothing of the house but its errors"

# contract, the file that breaks it, and the line that does
PLANTED = [
    (HOUSE, "chassis/planted.py", "import services.planted.tables"),
    (HOUSE, "contracts/planted.py", "import chassis.errors"),
    (HOUSE, "services/planted/reads.py", "import deploy.local.machine"),
    (HOUSE, "chassis/planted.py", "import rapport_cli.main"),
    (LAYERS, "services/planted/usecases/leads.py", "import services.planted.service"),
    (LAYERS, "services/planted/usecases/leads.py", "import services.planted.processes.conversion"),
    (LAYERS, "services/planted/usecases/leads.py", "import services.planted.resources"),
    (LAYERS, "services/planted/resources.py", "import services.planted.usecases.leads"),
    (LAYERS, "services/planted/reads.py", "import services.planted.usecases.leads"),
    (LAYERS, "services/planted/schemas.py", "import services.planted.tables"),
    (LAYERS, "services/planted/tables.py", "import services.planted.reads"),
    (LAYERS, "services/planted/domain/lead.py", "import services.planted.tables"),
    (INDEPENDENCE, "services/planted/reads.py", "import services.neighbour.tables"),
    *[
        (RULES, "services/planted/domain/lead.py", f"import {library}")
        for library in ("sqlalchemy", "marshmallow", "nameko", "kombu", "pika")
    ],
    *[
        (USE_CASES, f"services/planted/{module}.py", f"import {library}")
        for module in ("usecases/leads", "processes/conversion")
        for library in ("nameko", "eventlet", "kombu", "pika")
    ],
    (RULES_ALONE, "services/planted/domain/lead.py", "import chassis.work"),
    (RULES_ALONE, "services/planted/domain/lead.py", "import contracts.base"),
]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with two services more, which keep every contract."""
    tree = tmp_path_factory.mktemp("tree")
    for name in PACKAGES:
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tree)
    for name in ("planted", "neighbour"):
        service = tree / "services" / name
        for package in ("usecases", "processes", "domain"):
            (service / package).mkdir(parents=True)
        for module in (
            "__init__",
            "service",
            "resources",
            "reads",
            "schemas",
            "tables",
            "usecases/__init__",
            "usecases/leads",
            "processes/__init__",
            "processes/conversion",
            "domain/__init__",
            "domain/lead",
        ):
            (service / f"{module}.py").write_text("", encoding="utf-8")
    return tree


@pytest.mark.parametrize(("contract", "file", "line"), PLANTED)
def test_a_planted_violation_breaks_its_contract(
    tree: Path, contract: str, file: str, line: str
) -> None:
    planted = tree / file
    before = planted.read_text(encoding="utf-8") if planted.exists() else None
    planted.write_text(f"{line}\n", encoding="utf-8")

    try:
        status, verdicts = lint(tree)
    finally:
        if before is None:
            planted.unlink()
        else:
            planted.write_text(before, encoding="utf-8")

    assert (status, verdicts[contract]) == (1, "BROKEN")


def test_every_contract_has_a_planted_violation() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

    names = {contract["name"] for contract in settings["tool"]["importlinter"]["contracts"]}

    assert names == {contract for contract, _, _ in PLANTED}


def test_the_tree_as_it_stands_keeps_every_contract(tree: Path) -> None:
    status, verdicts = lint(tree)

    assert (status, set(verdicts.values())) == (0, {"KEPT"})


def lint(tree: Path) -> tuple[int, dict[str, str]]:
    """Run the linter on a tree and return its exit status and each contract's verdict."""
    done = subprocess.run(
        [LINTER, "--no-cache"], cwd=tree, capture_output=True, text=True, check=False, timeout=60
    )
    verdicts = {}
    for line in done.stdout.splitlines():
        name, _, verdict = line.rpartition(" ")
        if verdict in {"KEPT", "BROKEN"}:
            verdicts[name.strip()] = verdict
    assert verdicts, done.stdout + done.stderr
    return done.returncode, verdicts
