"""The house as DESIGN.md draws it, held by machine."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from studio.management.commands import states

ROOT = Path(__file__).parent.parent
CODE = sorted(
    path
    for folder in ("studio", "gallery")
    for path in (ROOT / folder).rglob("*.py")
    if "migrations" not in path.parts
)
FORBIDDEN_MODULES = {
    "utils",
    "util",
    "helpers",
    "helper",
    "common",
    "core",
    "services",
    "service",
    "misc",
    "signals",
}
FORBIDDEN_ENDINGS = ("Manager", "Service", "Helper", "Utils")
LONGEST_FUNCTION, LONGEST_FILE = 40, 350


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def test_imports_go_in_one_direction():
    linter = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize("path", CODE, ids=name)
def test_no_import_hides_inside_a_function(path):
    hidden = [
        f"line {inner.lineno}"
        for function in functions(path)
        for inner in ast.walk(function)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]
    assert hidden == []


@pytest.mark.parametrize("path", CODE, ids=name)
def test_every_public_name_says_what_it_is(path):
    silent = [node.name for node in public(tree(path)) if not ast.get_docstring(node)]
    assert [one for one in silent if one not in {"Meta", "Kind"}] == []


def public(scope: ast.Module | ast.ClassDef) -> list[ast.ClassDef | ast.FunctionDef]:
    """What can be named from outside: nothing inside functions, nothing of private classes."""
    found = []
    for node in scope.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
            found.append(node)
            found += public(node) if isinstance(node, ast.ClassDef) else []
    return found


def test_every_module_that_holds_something_says_what():
    silent = [name(path) for path in CODE if not ast.get_docstring(tree(path)) and len(tree(path).body) > 3]
    allowed = {
        "gallery/forms.py",
        "gallery/urls.py",
        "gallery/admin.py",
    }
    assert {path for path in silent if not path.endswith(("apps.py", "__init__.py"))} <= allowed


def test_no_module_is_named_for_nothing():
    assert [
        name(path) for path in CODE if {path.stem, *path.relative_to(ROOT).parts} & FORBIDDEN_MODULES
    ] == []


@pytest.mark.parametrize("path", CODE, ids=name)
def test_no_class_is_a_manager_service_or_helper(path):
    classes = [node.name for node in ast.walk(tree(path)) if isinstance(node, ast.ClassDef)]
    assert [one for one in classes if one.endswith(FORBIDDEN_ENDINGS)] == []


@pytest.mark.parametrize("path", CODE, ids=name)
def test_files_and_functions_fit_on_a_screen(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE
    long = [one.name for one in functions(path) if (one.end_lineno or 0) - one.lineno + 1 > LONGEST_FUNCTION]
    assert long == []


def test_nobody_trusts_what_people_wrote():
    marks = ("mark_safe", "|safe", "autoescape off")
    found = [name(path) for path in CODE if any(mark in path.read_text(encoding="utf-8") for mark in marks)]
    assert found == []


def test_entries_are_made_by_the_ledger_alone():
    assert [name(path) for path in CODE if "Entry" in calls(path)] == ["studio/credits/ledger.py"]


def calls(path: Path) -> set[str]:
    return {
        node.func.id
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }


def test_no_update_but_the_one_in_moves_names_a_state():
    def writes_state(node: ast.AST) -> bool:
        named = (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "update"
        )
        return named and any(keyword.arg == "state" for keyword in node.keywords)

    assert [name(path) for path in CODE if any(map(writes_state, ast.walk(tree(path))))] == []


def test_the_drawing_of_the_states_is_the_table():
    design = (ROOT / "DESIGN.md").read_text(encoding="utf-8")
    drawn = design.split(states.BEGIN)[1].split(states.END)[0]
    assert drawn.strip().strip("`").strip() == states.drawing().strip()
