"""The rules of style that ruff cannot say hold for every module, and each is seen to fail."""

import pytest

from tests.support import style
from tests.support.style import ROOT, Module, Rule

PROJECT = style.PACKAGES
TESTS = ("tests",)
EVERYTHING = (*PROJECT, *TESTS)

RULES: list[tuple[Rule, tuple[str, ...]]] = [
    (style.long_modules, EVERYTHING),
    (style.long_functions, EVERYTHING),
    (style.crowded_classes, PROJECT),
    (style.empty_names, PROJECT),
    (style.catches_everything, PROJECT),
    (style.selects, PROJECT),
    (style.reads_environment, PROJECT),
    (style.bare_suppressions, EVERYTHING),
    (style.sleeps, TESTS),
]

# rule, where it is planted, what is planted
PLANTED: list[tuple[Rule, str, str]] = [
    (style.long_modules, "chassis/x.py", "x = 1\n" * 301),
    (style.long_modules, "services/x/service.py", "x = 1\n" * 701),
    (style.long_functions, "chassis/x.py", "def f():\n" + "    x = 1\n" * 40),
    (style.long_functions, "chassis/x.py", "async def f():\n" + "    x = 1\n" * 40),
    (
        style.crowded_classes,
        "chassis/x.py",
        "class C:\n" + "".join(f"    def m{n}(self): ...\n" for n in range(13)),
    ),
    *[
        (style.empty_names, "chassis/x.py", f"class {name}: ...")
        for name in ("LeadManager", "Helper", "StringUtil", "LeadData", "CallInfo", "BaseLead")
    ],
    (style.empty_names, "chassis/lead_utils.py", ""),
    *[
        (style.catches_everything, "chassis/x.py", f"try: ...\n{caught}: ...")
        for caught in (
            "except Exception",
            "except BaseException",
            "except (ValueError, Exception)",
            "except",
        )
    ],
    *[
        (style.selects, f"services/x/{place}", line)
        for place in ("service.py", "usecases/leads.py", "usecases.py", "domain/lead.py")
        for line in ("from sqlalchemy import select", "import sqlalchemy\nsqlalchemy.select(1)")
    ],
    *[
        (style.reads_environment, "chassis/x.py", line)
        for line in (
            "import os\nos.environ['A']",
            "from os import environ",
            "import os\nos.getenv('A')",
        )
    ],
    (style.bare_suppressions, "chassis/x.py", "x = 1  # " + "noqa"),
    (style.bare_suppressions, "chassis/x.py", "x = 1  # " + "noqa: S101"),
    (style.bare_suppressions, "chassis/x.py", "x = 1  # " + "type: ignore"),
    (style.bare_suppressions, "chassis/x.py", "x = 1  # " + "type: ignore[misc]"),
    (style.sleeps, "tests/x.py", "import time\ntime.sleep(1)"),
    (style.sleeps, "tests/x.py", "from time import sleep"),
]


def _name(value: object) -> str:
    return getattr(value, "__name__", "")


@pytest.mark.parametrize(("rule", "packages"), RULES, ids=_name)
def test_every_module_keeps_the_rule(rule: Rule, packages: tuple[str, ...]) -> None:
    broken = [line for module in style.modules(*packages) for line in rule(module)]

    assert broken == []


@pytest.mark.parametrize(("rule", "path", "text"), PLANTED, ids=_name)
def test_a_planted_sample_breaks_the_rule(rule: Rule, path: str, text: str) -> None:
    broken = rule(Module.of(path, text))

    assert len(broken) == 1


def test_every_rule_has_a_planted_sample() -> None:
    assert {rule for rule, _ in RULES} == {rule for rule, _, _ in PLANTED}


def test_a_function_of_forty_lines_is_not_too_long() -> None:
    module = Module.of("chassis/x.py", "def f():\n" + "    x = 1\n" * 39)

    assert style.long_functions(module) == []


def test_a_suppression_with_code_and_reason_is_accepted() -> None:
    module = Module.of("chassis/x.py", "x = 1  # " + "noqa: S603 - a fixed program of ours")

    assert style.bare_suppressions(module) == []


def test_services_have_the_same_file_names() -> None:
    found = {
        path.name.removesuffix(".py")
        for path in (ROOT / "services").glob("*/*")
        if "__pycache__" not in path.parts
    }

    assert found - style.SERVICE_MODULES - style.PLAIN_MODULES == set()
