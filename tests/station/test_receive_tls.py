"""TLS with dcmtk's storescu: a certificate shown, one demanded, and an old version refused."""

import socket
import ssl
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

from running_station import run_station, storescu

REJECTIONS = "select peer, reason, count from rejections"


@dataclass(frozen=True)
class Papers:
    """PEM files: the station's, a peer's, and the authority that signed both."""

    authority: Path
    certificate: Path
    key: Path
    peer_certificate: Path
    peer_key: Path

    @property
    def config(self) -> str:
        return f'[tls]\ncertificate = "{self.certificate}"\nkey = "{self.key}"\nauthorities = "{self.authority}"\n'


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    folder = tmp_path_factory.mktemp("papers")
    authority = trustme.CA()
    ours, theirs = authority.issue_cert("127.0.0.1", "localhost"), authority.issue_cert("scanner.example")
    paths = Papers(*(folder / name for name in ("ca.pem", "cert.pem", "key.pem", "peer.pem", "peer-key.pem")))
    authority.cert_pem.write_to_path(paths.authority)
    ours.cert_chain_pems[0].write_to_path(paths.certificate)
    ours.private_key_pem.write_to_path(paths.key)
    theirs.cert_chain_pems[0].write_to_path(paths.peer_certificate)
    theirs.private_key_pem.write_to_path(paths.peer_key)
    return paths


def test_a_peer_that_trusts_us_sends_over_tls(tmp_path: Path, papers: Papers, tiny_study: Path) -> None:
    rest = papers.config + '[[peers]]\nae_title = "SCANNER"\ntls = "server"'
    with run_station(tmp_path, dicom="tls_port = 0", rest=rest) as station:
        assert station.tls_port is not None
        words = ("+tla", "+cf", str(papers.authority))
        sent = storescu(station.tls_port, sorted(tiny_study.iterdir())[:2], *words)

        assert sent.returncode == 0, sent.stderr
        assert station.rows("select count(*) from instances") == [(2,)]
        assert station.events("association opened")[0]["tls"] is True


def test_a_peer_of_mutual_tls_must_show_a_certificate(tmp_path: Path, papers: Papers, tiny_study: Path) -> None:
    rest = papers.config + '[[peers]]\nae_title = "SCANNER"\ntls = "mutual"'
    slices = sorted(tiny_study.iterdir())[:1]
    trusting = ("+cf", str(papers.authority))
    with run_station(tmp_path, dicom="tls_port = 0", rest=rest) as station:
        assert station.tls_port is not None
        nameless = storescu(station.tls_port, slices, "+tla", *trusting)
        certified = storescu(
            station.tls_port, slices, "+tls", str(papers.peer_key), str(papers.peer_certificate), *trusting
        )

        assert nameless.returncode != 0
        assert station.rows(REJECTIONS) == [("SCANNER", "must show a certificate and did not", 1)]
        assert certified.returncode == 0, certified.stderr
        assert station.rows("select count(*) from instances") == [(1,)]


def test_a_certificate_of_a_stranger_is_refused(tmp_path: Path, papers: Papers, tiny_study: Path) -> None:
    stranger = trustme.CA().issue_cert("scanner.example")
    stranger.cert_chain_pems[0].write_to_path(tmp_path / "s.pem")
    stranger.private_key_pem.write_to_path(tmp_path / "s-key.pem")
    rest = papers.config + '[[peers]]\nae_title = "SCANNER"\ntls = "mutual"'
    with run_station(tmp_path, dicom="tls_port = 0", rest=rest) as station:
        assert station.tls_port is not None
        words = ("+tls", str(tmp_path / "s-key.pem"), str(tmp_path / "s.pem"), "+cf", str(papers.authority))
        sent = storescu(station.tls_port, sorted(tiny_study.iterdir())[:1], *words)

        assert sent.returncode != 0
        assert station.rows("select count(*) from instances") == [(0,)]


@pytest.mark.parametrize(("version", "is_taken"), [("TLSv1_1", False), ("TLSv1_2", True), ("TLSv1_3", True)])
def test_tls_is_1_2_or_newer(tmp_path: Path, papers: Papers, version: str, is_taken: bool) -> None:  # noqa: FBT001
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(papers.authority)
    with run_station(tmp_path, dicom="tls_port = 0", rest=papers.config) as station:
        assert station.tls_port is not None
        with pytest.warns(DeprecationWarning, match="TLSv1_1") if version == "TLSv1_1" else nullcontext():
            context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
        context.set_ciphers("ALL:@SECLEVEL=0")
        taken = None
        with socket.create_connection(("127.0.0.1", station.tls_port)) as connection:
            try:
                with context.wrap_socket(connection, server_hostname="127.0.0.1") as wrapped:
                    taken = wrapped.version()
            except (ssl.SSLError, ConnectionError):
                taken = None

    assert (taken is not None) is is_taken


def test_a_plain_connection_to_the_tls_port_holds_nobody_up(tmp_path: Path, papers: Papers, tiny_study: Path) -> None:
    rest = papers.config + '[[peers]]\nae_title = "SCANNER"\ntls = "server"'
    slices = sorted(tiny_study.iterdir())[:1]
    with run_station(tmp_path, dicom="tls_port = 0", rest=rest) as station:
        assert station.tls_port is not None
        with socket.create_connection(("127.0.0.1", station.tls_port)) as silent:
            sent = storescu(station.tls_port, slices, "+tla", "+cf", str(papers.authority))
            silent.close()

        assert sent.returncode == 0, sent.stderr
        assert station.rows("select count(*) from instances") == [(1,)]
