"""station.toml: what is wrong is named with its place, and no value of it is repeated."""

from pathlib import Path

import pytest

from lianyi.lungct.domain.errors import Misconfigured
from lianyi.station.config import read_config


def wrong(tmp_path: Path, text: str) -> str:
    path = tmp_path / "station.toml"
    path.write_text(text)
    with pytest.raises(Misconfigured) as told:
        read_config(path)
    return told.value.en


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[dicom]\nport = 70000", "dicom.port"),
        ("[dicom]\nae_title = 'more than sixteen letters'", "dicom.ae_title"),
        ("[dicom]\nae_title = ' BLANK'", "dicom.ae_title"),
        ("[dicom]\nprot = 1", "dicom.prot"),
        ("[dicom]\ntls_port = 2762", "dicom.tls_port needs [tls]"),
        ("[[peers]]\nae_title = 'A'\n[[peers]]\nae_title = 'A'", "A is there twice"),
        ("[[peers]]\nae_title = 'A'\ntls = 'mutual'", "mutual TLS needs tls.authorities"),
        ("[database]\nurl = 'mysql://user:secret@host/db'", "database.url"),
        ("[screening]\nattempts = 0", "screening.attempts"),
        ("this is no toml", "no valid TOML"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, place: str) -> None:
    told = wrong(tmp_path, text)

    assert place in told
    assert "secret" not in told


def test_the_data_folder_is_taken_from_where_the_file_lies(tmp_path: Path) -> None:
    (tmp_path / "station.toml").write_text('data = "here"')

    assert read_config(tmp_path / "station.toml").data == tmp_path / "here"


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot be read"):
        read_config(tmp_path / "absent.toml")
