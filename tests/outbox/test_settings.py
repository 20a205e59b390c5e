"""The settings of destinations: what the how-to pages print is read, and what is wrong is told by its key."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from lianyi.lungct.domain.errors import Misconfigured
from lianyi.station.config import StationConfig
from lianyi.station.destinations import Destination, NotDelivered, read_destinations
from lianyi.station.destinations.config_file import destinations_of
from lianyi.station.destinations.secrets import Secret

HOWTO = Path(__file__).resolve().parents[2] / "docs" / "howto"
PAGES = ("connect-orthanc.md", "connect-dcm4chee.md", "connect-a-pacs.md", "connect-a-ris.md")


def snippets(page: str) -> list[str]:
    return re.findall(r"^```toml\n(.*?)^```", (HOWTO / page).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES)
def test_each_snippet_of_a_page_is_read(page: str) -> None:
    tables = [tomllib.loads(snippet) for snippet in snippets(page)]
    destinations = [destinations_of(one["destinations"], page) for one in tables if "destinations" in one]

    assert destinations
    assert all(destinations)
    for one in tables:
        assert StationConfig.model_validate(one) != StationConfig()


def test_the_pages_show_each_kind() -> None:
    shown: set[str] = set()
    for page in PAGES:
        shown |= set(re.findall(r'^kind = "(\w+)"', "\n".join(snippets(page)), re.MULTILINE))

    assert shown == {one.model_fields["kind"].annotation.__args__[0] for one in Destination.__args__[0].__args__}


DICOM = {"name": "pacs", "kind": "dicom", "host": "h", "port": 104, "called_ae": "PACS"}
WEB = {"name": "web", "kind": "stow", "url": "https://h/rs"}
HL7 = {"name": "ris", "kind": "hl7", "host": "h", "port": 2575}


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ({**DICOM, "prot": 104}, "[pacs] prot"),
        ({**DICOM, "port": 0}, "[pacs] port"),
        ({**DICOM, "called_ae": "SEVENTEEN-LETTERS"}, "[pacs] called_ae"),
        ({**DICOM, "called_ae": "A\\B"}, "[pacs] called_ae"),
        ({**DICOM, "name": "Pacs 1"}, "name"),
        ({**DICOM, "kind": "dicm"}, "[pacs] kind"),
        ({**DICOM, "tls": {"certificate": "c.pem"}}, "certificate"),
        ({**WEB, "url": "ftp://h"}, "[web] url"),
        ({**WEB, "user": "u"}, "user"),
        ({**WEB, "url": "http://h/rs", "tls": {}}, "https"),
        ({**HL7, "charset": "8859/1"}, "8859/1"),
        ({**HL7, "message": "priority"}, "suspicion_from"),
        ({**HL7, "suspicion_from": 3.0}, "suspicion_from"),
    ],
)
def test_a_wrong_setting_is_told_by_its_key_in_both_languages(table: dict[str, Any], key: str) -> None:
    with pytest.raises(Misconfigured) as error:
        destinations_of([table], "station.toml")

    assert key in error.value.zh
    assert key in error.value.en


def test_a_password_in_the_settings_is_refused_and_not_repeated() -> None:
    with pytest.raises(Misconfigured) as error:
        destinations_of([{**WEB, "user": "u", "password": "hunter2"}], "station.toml")

    assert "hunter2" not in str(error.value)
    assert "file" in error.value.en


def test_two_destinations_of_one_name_are_refused() -> None:
    with pytest.raises(Misconfigured, match="twice: pacs"):
        destinations_of([DICOM, DICOM], "station.toml")


def test_a_file_that_is_absent_or_no_toml_is_told(tmp_path: Path) -> None:
    (tmp_path / "broken.toml").write_text("[[destinations")

    for name in ("broken.toml", "absent.toml"):
        with pytest.raises(Misconfigured, match=name):
            read_destinations(tmp_path / name)


def test_other_tables_of_the_file_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "station.toml").write_text("[node]\nport = 11112\n")

    assert read_destinations(tmp_path / "station.toml") == ()


def test_a_secret_is_read_when_it_is_needed_and_its_absence_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_text("one\n")
    secret = Secret(file=tmp_path / "secret")
    assert secret.read() == "one"
    (tmp_path / "secret").write_text("two\n")
    assert secret.read() == "two"

    monkeypatch.delenv("LIANYI_TEST_SECRET", raising=False)
    with pytest.raises(NotDelivered, match="LIANYI_TEST_SECRET"):
        Secret(env="LIANYI_TEST_SECRET").read()
