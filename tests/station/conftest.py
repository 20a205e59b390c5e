"""Real peers for the station: a PostgreSQL of our own on a free port, and tiny studies to send."""

import gc
import hashlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from lianyi.phantom import PhantomSpec, write_phantom
from lianyi.station.database.engine import database_url
from running_station import RunningStation, free_port, need, run_station


def tool(program: str) -> str:
    """A program of PostgreSQL, which Debian keeps off the path."""
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
    return str(places[-1]) if places else need(program)


# pynetdicom 3.0.4, as the sender, leaves a socket to the garbage collector where nobody listens; Python closes it, and
# warns, at whatever moment comes next.
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
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server for this session; its URL, with an empty database for each asker to make."""
    initdb, server = tool("initdb"), tool("postgres")
    folder = tmp_path_factory.mktemp("postgresql")
    user: dict[str, object] = {}
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        account = "postgres"
        for path in (folder, *folder.parents):
            if path.owner() == "root" and path.name.startswith(("pytest-", "popen-", "postgresql")):
                path.chmod(0o755)
        shutil.chown(folder, account)
        user = {"user": account, "group": account, "extra_groups": []}
    port = free_port()
    data = folder / "data"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/"}
    subprocess.run([initdb, "-D", data, "-U", "lianyi", "-A", "trust", "-E", "UTF8"], check=True, **quiet, **user)  # type: ignore[call-overload]
    words = [server, "-D", data, "-p", str(port), "-c", "listen_addresses=127.0.0.1", "-k", str(folder)]
    running = subprocess.Popen(words, **quiet, **user)  # type: ignore[call-overload]
    url = f"postgresql://lianyi@127.0.0.1:{port}"
    try:
        wait_for_server(url)
        yield url
    finally:
        running.send_signal(signal.SIGINT)  # "fast": it waits for no client
        running.wait(30)


def wait_for_server(url: str) -> None:
    for _ in range(300):
        try:
            psycopg.connect(f"{url}/postgres").close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("PostgreSQL did not start within 30 s")


@pytest.fixture
def postgresql_database(postgresql: str, request: pytest.FixtureRequest) -> str:
    """An empty database on the real server."""
    name = "t" + hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:16]
    with psycopg.connect(f"{postgresql}/postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")  # type: ignore[call-overload]
        connection.execute(f"CREATE DATABASE {name}")  # type: ignore[call-overload]
    return f"{postgresql}/{name}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """SQLAlchemy's URL of an empty database of either kind."""
    if request.param == "sqlite":
        return database_url(None, tmp_path)
    return database_url(request.getfixturevalue("postgresql_database"), tmp_path)


def tiny(seed: int) -> PhantomSpec:
    """A chest of 79 small slices: screened in seconds, and a nodule in it."""
    return PhantomSpec(
        seed=seed,
        nodules=1,
        juxtapleural=0,
        matrix=(96, 100),
        pixel_spacing_mm=(3.6, 3.4),
        slice_step_mm=4.0,
        noise_hu=10.0,
    )


@pytest.fixture(scope="session")
def tiny_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny") / "study"
    write_phantom(folder, tiny(5))
    (folder / "truth.json").unlink()
    return folder


@pytest.fixture
def station(tmp_path: Path) -> Iterator[RunningStation]:
    """A station with quick waits, that takes from any peer of this machine."""
    with run_station(tmp_path) as running:
        yield running
