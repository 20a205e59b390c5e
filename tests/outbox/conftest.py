"""A package as a screening leaves it: a phantom screened by the engine, and result objects in its study."""

import gc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lianyi.kit import build_kit
from lianyi.lungct.pipeline import first_read
from lianyi.phantom import write_phantom
from lianyi.settings import Settings
from lianyi.station.destinations import Package
from outbox_objects import write_objects
from outbox_peers import Orthanc, StoreScp, TlsFiles, orthanc_running, storescp_running, tls_files
from phantoms import small_chest

# Separators of HL7 in a number are rare, and must come through all the same.
PATIENT_ID = "P|12^3&4"


# pynetdicom 3.0.4 drops the socket of a connection that fails without closing it; Python closes it, and warns.
_DROPPED_SOCKET = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(_DROPPED_SOCKET)


@pytest.fixture(autouse=True)
def _warn_here() -> Iterator[None]:
    """Have such warnings in the test that they belong to, not in the next."""
    yield
    gc.collect()


@pytest.fixture(scope="session")
def chest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("outbox") / "study"
    write_phantom(folder, replace(small_chest(), patient_name="Zhang^San=张^三", patient_id=PATIENT_ID))
    return folder


@pytest.fixture(scope="session")
def documents(chest: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("outbox-result")
    findings = first_read([chest], folder, kit=build_kit(Settings()))
    assert findings.outcome == "screened"
    assert findings.nodules
    return folder


@pytest.fixture(scope="session")
def refused_documents(chest: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same study with slices taken from its middle."""
    gap = tmp_path_factory.mktemp("outbox-gap")
    slices = sorted(chest.glob("*.dcm"))
    for path in slices[: len(slices) // 2] + slices[len(slices) // 2 + 3 :]:
        (gap / path.name).hardlink_to(path)
    folder = tmp_path_factory.mktemp("outbox-refused")
    assert first_read([gap], folder, kit=build_kit(Settings())).outcome == "refused"
    return folder


@pytest.fixture(scope="session")
def objects(chest: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ...]:
    return write_objects(chest, tmp_path_factory.mktemp("outbox-objects"))


@pytest.fixture
def package(documents: Path, objects: tuple[Path, ...]) -> Package:
    return Package(identity="1.2.840.99.1 lianyi 0.5.0", documents=documents, objects=objects)


@pytest.fixture
def refused_package(refused_documents: Path, objects: tuple[Path, ...]) -> Package:
    return Package(identity="1.2.840.99.2 lianyi 0.5.0", documents=refused_documents, objects=objects)


@pytest.fixture(scope="session")
def one_orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    with orthanc_running(tmp_path_factory.mktemp("orthanc") / "server") as running:
        yield running


@pytest.fixture
def orthanc(one_orthanc: Orthanc) -> Orthanc:
    """The session's Orthanc, emptied: it takes seconds to stop."""
    one_orthanc.forget_all()
    return one_orthanc


@pytest.fixture
def storescp(tmp_path: Path) -> Iterator[StoreScp]:
    with storescp_running(tmp_path / "storescp") as running:
        yield running


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> TlsFiles:
    return tls_files(tmp_path_factory.mktemp("tls"))
