"""Rasters over HTTPS: only from hosts that were named, in parts, and never a silent half."""

from __future__ import annotations

import http.server
import json
import shutil
import ssl
import subprocess
import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner

import jezero_sites
from jezero_sites.cli import cli
from jezero_sites.errors import DiskError, InputError
from jezero_sites.io import remote
from jezero_sites.io.abundance import read_abundance
from jezero_sites.io.dem import read_dem
from jezero_sites.io.guard import open_raster
from jezero_sites.io.ortho import read_ortho
from jezero_sites.io.remote import RemoteFile, RemoteNotice
from jezero_sites.io.urls import check_url
from jezero_sites.pipeline.run_files.run_dir import write_layer

GOOD = "https://example.org/a/dem.tif"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Return a certificate for this machine and its key, or skip where there is no tool to make one."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate with")
    folder = tmp_path_factory.mktemp("tls")
    made, key = folder / "made.pem", folder / "key.pem"
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", key, "-out", made, "-days", "2"]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *files, *names],
        check=True,
        capture_output=True,
    )
    return made, key


def answering(site):
    """Return a handler that gives a site's bytes in parts, with the faults that the site is told to have."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            site.asked.append((self.path, self.headers.get("Range")))
            fault = site.faults.pop(0) if site.faults else site.always
            if isinstance(fault, int):
                self._send(fault, b"")
            elif isinstance(fault, str) and fault.startswith("to "):
                self._send(302, b"", Location=fault[3:])
            else:
                self._part(fault)

        do_HEAD = do_GET  # noqa: N815 - the name that http.server asks for

        def _part(self, fault):
            first, last = (int(n) for n in self.headers["Range"].removeprefix("bytes=").split("-"))
            body, size = site.content[first : last + 1], len(site.content)
            names = {"Content-Range": f"bytes {first}-{first + len(body) - 1}/{size}", "ETag": site.etag}
            if fault == "whole":
                self._send(200, site.content, ETag=site.etag)
            elif fault == "short":
                self.close_connection = True
                self._send(206, body[:-7], length=len(body), **names)
            elif fault == "elsewhere":
                names["Content-Range"] = f"bytes {first + 1}-{first + len(body)}/{size}"
                self._send(206, body, **names)
            elif fault == "changed":
                self._send(206, body, **names | {"ETag": '"other"'})
            else:
                self._send(206, body, **names)

        def _send(self, status, body, *, length=None, **names):
            self.send_response(status)
            for name, value in names.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body) if length is None else length))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    return Handler


@pytest.fixture
def start(certificate, monkeypatch):
    """Return a function that starts a server with a good certificate that this process trusts."""
    made, key = certificate
    monkeypatch.setenv("SSL_CERT_FILE", str(made))
    monkeypatch.setattr(remote, "PAUSES_S", (0.0, 0.0, 0.0))
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    servers = []

    def begin(content=b""):
        site = SimpleNamespace(content=content, asked=[], faults=[], always=None, etag='"one"')
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), answering(site))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(made, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda *_: None
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        servers.append((server, thread))
        site.host = f"localhost:{server.server_port}"
        site.url = f"https://{site.host}/a/dem.tif"
        return site

    yield begin
    for server, thread in servers:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def site(start, make_tiff):
    return start(make_tiff(compress=None).read_bytes())


def test_a_remote_raster_is_the_local_one(site, make_tiff):
    here = read_ortho(make_tiff(compress=None))
    there = read_ortho(site.url, allow_remote={site.host})
    np.testing.assert_array_equal(there.values, here.values)
    assert there.grid.transform == here.grid.transform
    assert there.grid.crs == here.grid.crs


def test_its_size_and_etag_are_told_in_place_of_a_checksum(site):
    notice = read_ortho(site.url, allow_remote=[site.host]).notices[0]
    assert isinstance(notice, RemoteNotice)
    assert (notice.code, notice.file) == ("W_REMOTE", site.url)
    assert (notice.etag, notice.size_bytes) == ('"one"', len(site.content))
    assert f'{len(site.content)} bytes, ETag "one"' in notice.found


def test_only_the_parts_that_are_needed_are_fetched(site, make_tiff, monkeypatch):
    monkeypatch.setattr(remote, "PART_BYTES", 1024)
    whole = read_ortho(make_tiff(compress=None)).values
    with open_raster(site.url, role="dem", allow_remote={site.host}) as dataset:
        part = dataset.read(1, window=((48, 60), (40, 60)))
    np.testing.assert_array_equal(part, whole[48:60, 40:60])
    assert len(site.asked) < len(site.content) // 1024 // 2
    assert len({span for _, span in site.asked}) == len(site.asked)
    assert {path for path, _ in site.asked} == {"/a/dem.tif"}


def test_nothing_is_fetched_unless_it_is_allowed(site):
    with pytest.raises(InputError, match=r"E_REMOTE.*--allow-remote HOST") as caught:
        read_ortho(site.url)
    assert (caught.value.file, caught.value.field) == (site.url, "path")
    assert site.asked == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("https://", "http://"), "scheme"),
        (("https://", "HTTPS://"), "scheme"),
        (("https://", "/vsicurl/https://"), "scheme"),
        (("https://", "ftp://"), "scheme"),
        (("https://", "https://me:secret@"), "user name"),
        (("https://localhost", "https://localhost@127.0.0.1"), "user name"),
        (("localhost", "127.0.0.1"), "the host 127.0.0.1"),
        (("localhost", "localhost."), "the host"),
        (("/a/", "1/a/"), "the host|no URL"),
        (("localhost", "local\thost"), "unusual host"),
        (("localhost", "lo\u0441alhost"), "unusual host"),
        (("dem.tif", "dem.tif?token=1"), "a query"),
        (("dem.tif", "dem.tif#x"), "a query"),
        (("dem.tif", "dem%00.tif"), "unusual characters"),
        (("dem.tif", "..\\dem.tif"), "unusual characters"),
        (("dem.tif", "dem.vrt"), "no name of a GeoTIFF"),
    ],
)
def test_no_trick_with_the_url_gets_a_request_out(site, change, reason):
    url = site.url.replace(*change)
    with pytest.raises(InputError, match=f"E_REMOTE.*({reason})"):
        read_ortho(url, allow_remote={site.host})
    assert site.asked == []


def test_a_host_means_its_usual_port_and_a_port_must_be_named():
    check_url(GOOD, ["example.org"])
    check_url("https://example.org:443/dem.tiff", ["Example.org"])
    check_url("https://example.org:8443/dem.TIF", ["example.org:8443"])
    for url, hosts in [
        ("https://example.org:8443/dem.tif", ["example.org"]),
        (GOOD, ["example.org:8443"]),
        ("https://sub.example.org/dem.tif", ["example.org"]),
        ("https://example.org.evil.net/dem.tif", ["example.org"]),
        ("https://example.org:99999/dem.tif", ["example.org"]),
    ]:
        with pytest.raises(InputError, match="E_REMOTE"):
            check_url(url, hosts)


def test_a_path_object_of_a_url_is_that_url(site):
    assert read_ortho(Path(site.url), allow_remote={site.host}).notices[0].file == site.url


def test_a_redirect_is_followed_on_the_list_and_nowhere_else(site, start):
    other = start(site.content)
    site.faults = [f"to {other.url}"]
    with pytest.raises(InputError, match=f"E_REMOTE.*{other.url}.*the host {other.host}"):
        read_ortho(site.url, allow_remote={site.host})
    assert other.asked == []
    site.faults = [f"to {other.url}"]
    read_ortho(site.url, allow_remote={site.host, other.host})
    assert other.asked
    site.faults = ["to /a/moved.tif"]
    read_ortho(site.url, allow_remote={site.host})
    assert site.asked[-1][0] == "/a/moved.tif"


@pytest.mark.parametrize("goal", ["http://localhost/dem.tif", "file:///etc/passwd", "/a/dem.vrt", ""])
def test_a_redirect_may_not_leave_the_rules(site, goal):
    site.faults = [f"to {goal}"] * 9
    with pytest.raises((InputError, DiskError), match="E_REMOTE" if goal else "E_READ.*redirects"):
        read_ortho(site.url, allow_remote={site.host})


def test_a_certificate_that_is_not_trusted_ends_it(site, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(DiskError, match=r"E_READ.*certificate"):
        read_ortho(site.url, allow_remote={site.host})
    assert site.asked == []


def test_the_check_of_certificates_is_never_turned_off():
    source = Path(jezero_sites.__file__).parent
    text = "".join(path.read_text("utf-8") for path in source.rglob("*.py"))
    for word in ("UNSAFESSL", "CERT_NONE", "_create_unverified_context", "check_hostname"):
        assert word not in text


@pytest.mark.parametrize("faults", [[503, 503], ["short"], [None, 429], [None, "short", 500]])
def test_busy_servers_and_short_parts_are_asked_again(site, make_tiff, faults, monkeypatch):
    monkeypatch.setattr(remote, "PART_BYTES", 8192)
    site.faults = list(faults)
    there = read_ortho(site.url, allow_remote={site.host})
    np.testing.assert_array_equal(there.values, read_ortho(make_tiff(compress=None)).values)
    assert site.faults == []


@pytest.mark.parametrize(
    ("always", "times", "words"), [(503, 4, "HTTP 503"), (404, 1, "HTTP 404"), ("short", 4, "part")]
)
def test_a_server_that_fails_is_named_as_the_fault(site, always, times, words):
    site.always = always
    with pytest.raises(DiskError, match=f"E_READ.*{words}.*download") as caught:
        read_ortho(site.url, allow_remote={site.host})
    assert (caught.value.file, caught.value.transient, caught.value.exit_code) == (site.url, True, 74)
    assert len(site.asked) == times


def test_a_failure_amid_the_cells_is_the_network_s_and_not_the_file_s(site, monkeypatch):
    monkeypatch.setattr(remote, "PART_BYTES", 8192)
    site.faults, site.always = [None, None], 503
    with pytest.raises(DiskError, match=r"E_READ.*HTTP 503"):
        read_ortho(site.url, allow_remote={site.host})


def test_a_file_that_changes_while_it_is_read_is_refused(site, monkeypatch):
    monkeypatch.setattr(remote, "PART_BYTES", 8192)
    site.faults = [None, None, "changed"]
    with pytest.raises(InputError, match=r'E_INPUT_CHANGED.*"other".*"one"'):
        read_ortho(site.url, allow_remote={site.host})


def test_a_part_of_another_place_than_was_asked_for_is_refused(site):
    site.always = "elsewhere"
    with pytest.raises(InputError, match=r"E_REMOTE.*does not give parts"):
        read_ortho(site.url, allow_remote={site.host})


def test_a_server_that_gives_no_parts_is_refused(site):
    site.always = "whole"
    with pytest.raises(InputError, match=r"E_REMOTE.*parts of a file.*download"):
        read_ortho(site.url, allow_remote={site.host})


@pytest.mark.parametrize(
    "content", [b"<VRTDataset></VRTDataset>", b"hello, this is no raster" * 40, b"PDS_VERSION_ID = PDS3\r\n"]
)
def test_a_remote_document_is_no_geotiff(start, content):
    site = start(content)
    with pytest.raises(InputError, match="E_FORMAT.*no GeoTIFF"):
        read_ortho(site.url, allow_remote={site.host})


def test_damage_of_a_remote_file_is_damage(start, make_tiff):
    whole = make_tiff(compress=None).read_bytes()
    site = start(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=f"E_CORRUPT.*{site.url}: block at row"):
        read_ortho(site.url, allow_remote={site.host})


def test_a_bomb_is_measured_against_what_the_server_holds(start, tmp_path):
    import rasterio

    path = tmp_path / "sparse.tif"
    profile = {
        "driver": "GTiff",
        "tiled": True,
        "sparse_ok": "TRUE",
        "bigtiff": "YES",
        "crs": "IAU_2015:49910",
    }
    with rasterio.open(
        path,
        "w",
        **profile,
        count=1,
        dtype="float32",
        width=99_000,
        height=90_000,
        transform=rasterio.Affine(1, 0, 9, 0, -1, 9),
    ):
        pass
    site = start(path.read_bytes())
    with pytest.raises(InputError, match=f"E_BOMB.*in a file of {len(site.content)} bytes"):
        read_ortho(site.url, allow_remote={site.host})


def test_a_remote_file_reads_like_a_local_one(site, monkeypatch):
    monkeypatch.setattr(remote, "PART_BYTES", 1000)
    monkeypatch.setattr(remote, "KEPT_PARTS", 2)
    file = RemoteFile(site.url, {site.host})
    assert file.seek(-5, 2) == len(site.content) - 5
    assert file.read() == site.content[-5:]
    assert file.read(3) == b""
    assert file.seek(990) == 990
    assert file.seek(5, 1) == 995
    assert file.read(2010) == site.content[995:3005]
    assert file.tell() == 3005
    assert file.readable() and file.seekable()


def command_line(*args):
    return CliRunner().invoke(cli, [*map(str, args)], catch_exceptions=True)


def test_commands_read_a_dem_from_a_host_that_was_named(site, make_tiff, tmp_path, monkeypatch):
    args = ("layers", site.url, "--only", "horn_slope_deg", "--out", tmp_path / "run", "--quiet")
    refused = command_line(*args)
    assert "E_REMOTE" in str(refused.exception)
    assert site.asked == []
    done = command_line(*args, "--allow-remote", site.host)
    assert done.exit_code == 0, done.exception
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    (entry,) = record["inputs"]
    assert entry["path"] == site.url
    assert entry["sha256"] == 'etag "one"'
    assert entry["size_bytes"] == len(site.content)
    assert "W_REMOTE" in {notice["code"] for notice in record["notices"]}
    monkeypatch.setattr(remote, "PART_BYTES", 8192)
    there = read_dem(site.url, allow_remote=[site.host])
    np.testing.assert_array_equal(there.values, read_dem(make_tiff(compress=None)).values)


def test_info_tells_of_a_remote_dem_what_it_tells_of_a_local_one(site, make_tiff):
    here = json.loads(command_line("info", make_tiff(compress=None), "--json").stdout)
    there = json.loads(command_line("info", site.url, "--json", "--allow-remote", site.host).stdout)
    assert there.pop("file") == site.url
    assert [f["code"] for f in there.pop("findings") if f["code"] == "W_REMOTE"] == ["W_REMOTE"]
    del here["file"], here["findings"]
    assert there == here
    refused = command_line("info", site.url).exception
    assert refused.code == "E_REMOTE"
    assert "--allow-remote HOST" in refused.fix


def test_rock_abundance_may_be_remote_too(start, make_tiff, tmp_path):
    dem = read_dem(make_tiff())
    values = np.linspace(0, 0.2, dem.values.size, dtype=np.float32).reshape(dem.values.shape)
    share = replace(dem, values=values, name="rock_abundance_fraction", unit="1")
    write_layer(tmp_path / "share.tif", [share])
    site = start((tmp_path / "share.tif").read_bytes())
    abundance = read_abundance(site.url, allow_remote=[site.host])
    np.testing.assert_array_equal(abundance.values.astype(np.float32), values)
    assert [n.code for n in abundance.notices] == ["W_REMOTE"]
    with pytest.raises(InputError, match="E_REMOTE"):
        read_abundance(site.url)


def test_a_server_that_gives_a_byte_now_and_then_is_given_up(site, monkeypatch):
    clock = iter(range(0, 10**9, 200))
    monkeypatch.setattr(remote.time, "monotonic", lambda: float(next(clock)))
    with pytest.raises(DiskError, match=r"E_READ.*took more than 300 s"):
        read_ortho(site.url, allow_remote={site.host})


def test_no_request_may_wait_for_ever(site, monkeypatch):
    told, opener = [], remote._opener

    def noting(context):
        return lambda request, **how: told.append(how) or opener(context)(request, **how)

    monkeypatch.setattr(remote, "_opener", noting)
    read_ortho(site.url, allow_remote={site.host})
    assert told
    assert all(how == {"timeout": remote.TIMEOUT_S} for how in told)
    assert 0 < remote.TIMEOUT_S <= 60
