"""What the documents tell a reader to type exists; what exists is told."""

import re
from pathlib import Path

import pytest
import typer
from click import Command
from typer.core import TyperGroup

from lianyi.cli.app import app
from lianyi.settings import Settings

REPOSITORY = Path(__file__).resolve().parents[2]
DOCUMENTS = [
    REPOSITORY / "README.md",
    REPOSITORY / "CONTRIBUTING.md",
    REPOSITORY / "CHANGELOG.md",
    *sorted((REPOSITORY / "docs").rglob("*.md")),
]
HOWTO = REPOSITORY / "docs" / "howto" / "screen-a-study.md"


def commands() -> dict[str, Command]:
    group = typer.main.get_command(app)
    return dict(group.commands)  # type: ignore[attr-defined]


def command_of(words: list[str]) -> Command | None:
    """Find the command that is typed, within its group if it has one."""
    command = commands().get(words[0].rstrip(","))
    if isinstance(command, TyperGroup) and len(words) > 1 and not words[1].startswith("-"):
        return command.commands.get(words[1])
    return command


def options_of(command: Command) -> set[str]:
    return {option for parameter in command.params for option in parameter.opts if option.startswith("--")}


def typed_in(document: Path, program: str) -> list[list[str]]:
    """Every line of code, or code within a sentence, that calls the program; as words after it."""
    text = document.read_text(encoding="utf-8")
    blocks = "\n".join(re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)).splitlines()
    inline = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))
    calls = [re.sub(r"\s{3,}.*|#.*", "", line).strip() for line in blocks + inline]
    return [call.split()[1:] for call in calls if re.match(rf"(?:\S*/)?{program} \S", call)]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_each_lianyi_command_in_a_document_exists(document: Path) -> None:
    wrong = []
    for words in typed_in(document, "lianyi"):
        if re.fullmatch(r"\d+\.\d+\.\d+", words[0]):
            continue  # a version, "lianyi 0.1.0"
        if words[0].startswith("--"):
            if words[0] not in {"--version", "--install-completion", "--show-completion", "--help"}:
                wrong.append(words)
            continue
        command = command_of(words)
        options = {word for word in words[1:] if word.startswith("--")}
        if command is None or not options <= options_of(command):
            wrong.append(words)

    assert wrong == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_each_make_target_in_a_document_exists(document: Path) -> None:
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))

    told = {words[0] for words in typed_in(document, "make")}

    assert told <= targets


def test_the_readme_tells_every_command() -> None:
    told = {words[0] for words in typed_in(REPOSITORY / "README.md", "lianyi")}

    assert set(commands()) <= told


def test_make_lists_every_target() -> None:
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")

    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    listed = set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))

    assert targets == listed
    assert {"demo", "test", "test-slow", "check", "fix", "bench", "lock", "clean"} <= targets


def test_screen_has_the_options_of_the_contract() -> None:
    promised = {"--out", "--series", "--lang", "--json", "--detector", "--operating-point"}
    assert promised <= options_of(commands()["screen"])


def test_each_setting_is_told_with_its_default() -> None:
    text = HOWTO.read_text(encoding="utf-8")

    told = dict(re.findall(r"^\| `(LIANYI_\w+)` \| `([^`]+)` \|", text, re.MULTILINE))

    unset = {"LIANYI_THREADS": "all"}
    defaults = {
        variable: unset.get(variable, "shipped") if value is None else str(value)
        for variable, value in ((f"LIANYI_{name.upper()}", value) for name, value in Settings().model_dump().items())
    }
    assert told == defaults


def test_the_readme_says_that_this_is_no_registered_device() -> None:
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")

    assert "不是注册医疗器械" in text
    assert "not a registered medical device" in text


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_each_link_within_the_repository_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", document.read_text(encoding="utf-8"))

    assert [link for link in links if not (document.parent / link).exists()] == []
