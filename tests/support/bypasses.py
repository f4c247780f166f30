"""Find what writes past the flush, where the audit trail is made."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

STATEMENTS = {"insert", "update", "delete", "text"}  # of sqlalchemy
DIALECTS = {"postgresql", "sqlite"}
METHODS = {
    "insert_once", "bulk_insert_mappings", "bulk_save_objects", "bulk_update_mappings",
    "exec_driver_sql",
}  # fmt: skip


def bypasses(root: Path, folders: Iterator[Path]) -> Counter[str]:
    """Count the statements past the flush by the functions that make them, as ``file:function``."""
    found: Counter[str] = Counter()
    for folder in folders:
        for file in sorted(folder.rglob("*.py")):
            tree = ast.parse(file.read_text(encoding="utf-8"))
            imported = _imported(tree)
            for function in ast.walk(tree):
                if isinstance(function, ast.FunctionDef):
                    name = f"{file.relative_to(root)}:{function.name}"
                    found[name] += _count(function, imported)
    return +found


def _imported(tree: ast.Module) -> set[str]:
    """Return the names under which a module knows statements."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            of_alchemy = (node.module or "").startswith("sqlalchemy")
            for alias in node.names:
                is_statement = of_alchemy and alias.name in STATEMENTS
                if is_statement or alias.name in {"insert_many", "insert_unless_there"}:
                    names.add(alias.asname or alias.name)
    return names


def _count(function: ast.FunctionDef, imported: set[str]) -> int:
    return sum(
        (isinstance(node, ast.Name) and node.id in imported)
        or (isinstance(node, ast.Attribute) and (node.attr in METHODS or _is_made_of(node)))
        for node in ast.walk(function)
    )


def _is_made_of(node: ast.Attribute) -> bool:
    """Say whether it is a statement made of a table or of a dialect."""
    if node.attr not in STATEMENTS:
        return False
    of = node.value
    if isinstance(of, ast.Attribute):
        return of.attr == "__table__" or of.attr in DIALECTS
    return isinstance(of, ast.Name) and of.id in DIALECTS
