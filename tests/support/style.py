"""The rules of style that ruff cannot say: each reads one module and lists what breaks it."""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("chassis", "contracts", "services", "rapport_cli", "deploy", "demo", "bench")

MAX_MODULE_LINES = 300
MAX_PAGE_LINES = (
    700  # service.py has a line or three for each thing that can be asked, and no bodies
)
MAX_FUNCTION_LINES = 40
MAX_PUBLIC_METHODS = 12
BANNED_WORDS = frozenset({"Manager", "Helper", "Helpers", "Base", "Util", "Utils", "Data", "Info"})
# SQLAlchemy's own word for the root of mapped classes.
NAMES_ALLOWED = frozenset({("chassis/tables.py", "Base")})
# Work must never be lost to a bug in it: here it ends, and its entrypoint retries, parks or answers.
CATCHES_EVERYTHING = frozenset({"chassis/container.py", "chassis/relay.py"})
# A stranger has no chassis: whatever a stock client raises is the answer that it shows.
STRANGERS = "demo/strangers/"
# A service's settings; what the operator of one machine asked for, and what child processes inherit.
READS_ENVIRONMENT = frozenset({"chassis/config.py", "deploy/local/machine.py"})
SERVICE_MODULES = frozenset(
    "README.md __init__ service processes usecases resources reads schemas tables domain config "
    "migrations metrics".split()
)
# The plain processes: telephony's bridge and analytics' warehouse, and the gateway, which is only one.
PLAIN_MODULES = frozenset({"bridge", "warehouse", "__main__", "doors", "openapi"})
WITHOUT_QUERIES = frozenset({"service", "processes", "usecases", "domain"})
SUPPRESSION = re.compile(r"#\s*(noqa|type:\s*ignore)\b(?P<rest>.*)")
WITH_CODE_AND_REASON = re.compile(
    r"^(:\s*[A-Z]+\d+(,\s*[A-Z]+\d+)*|\[[a-z-]+(,\s*[a-z-]+)*\])\W+[a-zA-Z]"
)

Functions = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Module:
    """One module: its path in the project, its text and its tree."""

    path: str
    text: str
    tree: ast.Module

    @classmethod
    def of(cls, path: str, text: str) -> "Module":
        """Parse a module."""
        return cls(path, text, ast.parse(text))

    def nodes(self, *kinds: type[ast.AST]) -> Iterator[ast.AST]:
        """Yield the nodes of some kinds."""
        return (node for node in ast.walk(self.tree) if isinstance(node, kinds))


Rule = Callable[[Module], list[str]]


def modules(*packages: str) -> list[Module]:
    """Read every module of some packages; what alembic wrote is not ours to shorten."""
    return [module for package in packages for module in _modules(package)]


@cache
def _modules(package: str) -> tuple[Module, ...]:
    """Read a package once, and only where a test wants it: every worker collects all tests."""
    return tuple(
        Module.of(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8"))
        for path in sorted((ROOT / package).rglob("*.py"))
        if "versions" not in path.parts
    )


def long_modules(module: Module) -> list[str]:
    """List a module of more than 300 lines; a page of rows is a table of contents and may have more."""
    count = len(module.text.splitlines())
    is_page = PurePosixPath(module.path).match("services/*/service.py")
    most = MAX_PAGE_LINES if is_page else MAX_MODULE_LINES
    return [f"{module.path}: {count} lines"] if count > most else []


def long_functions(module: Module) -> list[str]:
    """List functions of more than 40 lines, decorators and docstring apart."""
    found = []
    for node in module.nodes(*Functions.__args__):
        lines = (node.end_lineno or node.lineno) - node.lineno + 1 - _docstring_lines(node)
        if lines > MAX_FUNCTION_LINES:
            found.append(f"{module.path}: {node.name} has {lines} lines")
    return found


def crowded_classes(module: Module) -> list[str]:
    """List classes of more than 12 public methods; properties and a page's rows are none."""
    found = []
    for node in module.nodes(ast.ClassDef):
        public = [
            one.name
            for one in node.body
            if isinstance(one, Functions)
            and not one.name.startswith("_")
            and not any(_last(decorator) == "property" for decorator in one.decorator_list)
        ]
        if len(public) > MAX_PUBLIC_METHODS:
            found.append(f"{module.path}: {node.name} has {len(public)} public methods")
    return found


def empty_names(module: Module) -> list[str]:
    """List classes and modules whose name says nothing to the business."""
    classes = [node.name for node in module.nodes(ast.ClassDef)]
    stem = PurePosixPath(module.path).stem.title().replace("_", "")
    return [
        f"{module.path}: {name}"
        for name in [*classes, stem]
        if BANNED_WORDS & set(re.findall(r"[A-Z][a-z]+", name))
        and (module.path, name) not in NAMES_ALLOWED
        and not (name == stem and module.path == "contracts/base.py")
    ]


def catches_everything(module: Module) -> list[str]:
    """List handlers that catch any exception, outside the two modules that must."""
    if module.path in CATCHES_EVERYTHING or module.path.startswith(STRANGERS):
        return []
    return [
        f"{module.path}:{node.lineno}"
        for node in module.nodes(ast.ExceptHandler)
        if {"Exception", "BaseException", "None"} & set(_names(node.type))
    ]


def sleeps(module: Module) -> list[str]:
    """List places where a test sleeps."""
    calls = [f"{module.path}:{one.lineno}" for one in _attributes(module, "time", "sleep")]
    return calls + _imported(module, "time", {"sleep"})


def selects(module: Module) -> list[str]:
    """List queries in a service's page, use cases, processes or rules: they live in reads.py."""
    place = PurePosixPath(module.path.removesuffix(".py")).parts
    if place[0] != "services" or not WITHOUT_QUERIES & set(place[2:3]):
        return []
    return _imported(module, "sqlalchemy", {"select", "text"}) + [
        f"{module.path}:{one.lineno}" for one in _attributes(module, "sqlalchemy", "select")
    ]


def reads_environment(module: Module) -> list[str]:
    """List places that read the environment, outside the two modules that may."""
    if module.path in READS_ENVIRONMENT:
        return []
    found = [*_attributes(module, "os", "environ"), *_attributes(module, "os", "getenv")]
    direct = _imported(module, "os", {"environ", "getenv"})
    return [f"{module.path}:{one.lineno}" for one in found] + direct


def bare_suppressions(module: Module) -> list[str]:
    """List suppressed warnings that name no code or no reason."""
    found = []
    for number, line in enumerate(module.text.splitlines(), 1):
        match = SUPPRESSION.search(line)
        if match and not WITH_CODE_AND_REASON.match(match["rest"]):
            found.append(f"{module.path}:{number}: {line.strip()}")
    return found


def _docstring_lines(node: Functions) -> int:
    first = node.body[0]
    if ast.get_docstring(node) is None:
        return 0
    return (first.end_lineno or first.lineno) - first.lineno + 1


def _names(caught: ast.expr | None) -> list[str]:
    """Name the exceptions that a handler catches; a bare one catches None."""
    each = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return ["None" if one is None else _last(one) for one in each]


def _last(expression: ast.expr) -> str:
    return ast.unparse(expression).rpartition(".")[2]


def _attributes(module: Module, owner: str, name: str) -> list[ast.Attribute]:
    return [
        node
        for node in module.nodes(ast.Attribute)
        if node.attr == name and isinstance(node.value, ast.Name) and node.value.id == owner
    ]


def _imported(module: Module, source: str, names: set[str]) -> list[str]:
    return [
        f"{module.path}:{node.lineno}"
        for node in module.nodes(ast.ImportFrom)
        if node.module == source and names & {alias.name for alias in node.names}
    ]
