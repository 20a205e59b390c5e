"""Dependencies: each has its licence written down, is used, and is locked with hashes."""

import ast
import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
LIBRARIES = REPOSITORY / "docs" / "decisions" / "0003-libraries.md"
LOCKS = sorted((REPOSITORY / "requirements").glob("*.txt"))


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def name_of(requirement: str) -> str:
    return canonical(re.split(r"[<>=!~;\[ ]", requirement, maxsplit=1)[0])


RUNTIME = sorted(name_of(requirement) for requirement in PROJECT["project"]["dependencies"])


def pins_of(lock: Path) -> dict[str, str]:
    return {
        canonical(name): version
        for name, version in re.findall(r"^([\w.-]+)==(\S+)", lock.read_text(encoding="utf-8"), re.MULTILINE)
    }


def test_the_licence_table_holds_each_runtime_dependency_and_nothing_else() -> None:
    rows = re.findall(r"^\| ([\w-]+) \| ([^|]+) \|", LIBRARIES.read_text(encoding="utf-8"), re.MULTILINE)

    table = {canonical(name): licence.strip() for name, licence in rows if name != "library"}

    assert sorted(table) == RUNTIME
    assert all(table.values())


def test_no_runtime_dependency_is_under_the_gpl() -> None:
    licences = dict(re.findall(r"^\| ([\w-]+) \| ([^|]+) \|", LIBRARIES.read_text(encoding="utf-8"), re.MULTILINE))

    assert [name for name, licence in licences.items() if re.search(r"\bA?GPL", licence)] == []


@pytest.mark.parametrize("name", RUNTIME)
def test_a_runtime_dependency_is_used(name: str) -> None:
    modules = {module for module, owners in metadata.packages_distributions().items() if name in map(canonical, owners)}
    imported = set()
    words = set()
    for path in (REPOSITORY / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module.split(".")[0])
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                words.add(node.value)  # fonts and decoders are found by name, not imported

    assert modules & (imported | words)


def test_there_are_four_locks() -> None:
    assert [lock.name for lock in LOCKS] == ["build.txt", "lock.txt", "runtime.txt", "test.txt"]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_pins_each_package_with_a_hash_and_names_no_index(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")

    requirements = re.findall(r"^[\w.-]+.*(?:\n    --hash.*)*", text, re.MULTILINE)

    assert requirements
    assert [one for one in requirements if not re.match(r"[\w.-]+==\S+ \\\n    --hash=sha256:[0-9a-f]{64}", one)] == []
    assert re.findall(r"^\s*(?:--index|--extra-index|-i |--find-links|-f ).*|\S+://\S+", text, re.MULTILINE) == []


def test_the_runtime_lock_holds_each_runtime_dependency() -> None:
    assert set(RUNTIME) <= set(pins_of(REPOSITORY / "requirements" / "runtime.txt"))


def test_the_test_lock_holds_the_runtime_lock_and_the_test_group() -> None:
    runtime = pins_of(REPOSITORY / "requirements" / "runtime.txt")
    test = pins_of(REPOSITORY / "requirements" / "test.txt")

    assert runtime.items() <= test.items()
    assert {name_of(requirement) for requirement in PROJECT["dependency-groups"]["test"]} <= set(test)
