"""Digests are those of the bytes, and a file that was written since it was read is found out."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jezero_sites.errors import DiskError, InputError
from jezero_sites.io import hashing
from jezero_sites.io.dem import read_dem
from jezero_sites.io.hashing import check_unchanged, fingerprint, sha256_of, stamp_of

HOUR_NS = 3600 * 10**9


@pytest.fixture
def settled(tmp_path, monkeypatch):
    """Return a file that was written long ago, as far as the clock tells."""
    path = tmp_path / "dem.bin"
    path.write_bytes(b"heights")
    now = hashing.time.time_ns()
    monkeypatch.setattr(hashing.time, "time_ns", lambda: now + HOUR_NS)
    return path


def counted(monkeypatch):
    calls = []

    def count(path):
        calls.append(Path(path).name)
        return sha256_of(path)

    monkeypatch.setattr(hashing, "sha256_of", count)
    return calls


def changed(known):
    with pytest.raises(InputError, match="E_INPUT_CHANGED") as caught:
        check_unchanged([known])
    error = caught.value
    assert (error.code, error.file, error.field) == ("E_INPUT_CHANGED", str(known.path), "content")
    assert error.transient
    assert error.exit_code == 2
    assert error.fix
    return error


def test_the_digest_is_the_published_one_of_abc(tmp_path):
    path = tmp_path / "abc"
    path.write_bytes(b"abc")
    assert sha256_of(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@given(content=st.binary(max_size=300))
def test_a_fingerprint_holds_digest_and_size(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "content"
    path.write_bytes(content)
    known = fingerprint(path)
    assert (known.path, known.size_bytes) == (path, len(content))
    assert known.sha256 == hashlib.sha256(content).hexdigest()
    check_unchanged([known])


def test_a_file_that_cannot_be_read_is_a_disk_error(tmp_path):
    for call in (sha256_of, stamp_of, fingerprint):
        with pytest.raises(DiskError, match="E_READ"):
            call(tmp_path / "nowhere")


def test_a_file_that_lay_still_is_hashed_once(settled, monkeypatch):
    calls = counted(monkeypatch)
    known = fingerprint(settled)
    assert known.is_settled
    check_unchanged([known, known])
    assert calls == ["dem.bin"]


def test_a_file_as_young_as_its_clock_is_coarse_is_hashed_again(tmp_path, monkeypatch):
    path = tmp_path / "dem.bin"
    path.write_bytes(b"heights")
    calls = counted(monkeypatch)
    known = fingerprint(path)
    assert not known.is_settled
    check_unchanged([known])
    assert calls == ["dem.bin", "dem.bin"]


def test_a_young_file_that_changes_without_its_times_is_found(tmp_path, monkeypatch):
    path = tmp_path / "dem.bin"
    path.write_bytes(b"heights")
    known = fingerprint(path)
    path.write_bytes(b"Heights")
    monkeypatch.setattr(hashing, "stamp_of", lambda _: known.stamp)
    changed(known)


@pytest.mark.parametrize("is_young", [True, False])
def test_other_bytes_are_found_also_under_the_old_time(settled, monkeypatch, is_young):
    if is_young:
        monkeypatch.undo()
    known = fingerprint(settled)
    assert known.is_settled is not is_young
    told = settled.stat()
    settled.write_bytes(b"heighty")
    os.utime(settled, ns=(told.st_atime_ns, told.st_mtime_ns))
    changed(known)


def test_a_file_put_in_its_place_is_found(settled):
    known = fingerprint(settled)
    other = settled.with_name("other")
    other.write_bytes(b"heighty")
    other.replace(settled)
    changed(known)


def test_a_file_that_is_gone_is_found(settled):
    known = fingerprint(settled)
    settled.unlink()
    assert "no longer there" in changed(known).found


def test_a_file_that_was_only_touched_or_copied_back_is_the_same(settled):
    known = fingerprint(settled)
    os.utime(settled)
    check_unchanged([known])
    settled.unlink()
    settled.write_bytes(b"heights")
    check_unchanged([known])


def test_a_file_written_between_opening_and_hashing_is_found(settled):
    since = stamp_of(settled)
    settled.write_bytes(b"more heights")
    with pytest.raises(InputError, match="E_INPUT_CHANGED"):
        fingerprint(settled, since=since)


def test_a_file_written_while_it_is_hashed_is_found(settled, monkeypatch):
    def slow(path):
        digest = sha256_of(path)
        Path(path).write_bytes(b"more heights")
        return digest

    monkeypatch.setattr(hashing, "sha256_of", slow)
    with pytest.raises(InputError, match="E_INPUT_CHANGED"):
        fingerprint(settled)


def test_a_raster_carries_the_digest_of_its_file_to_what_is_made_of_it(make_tiff):
    path = make_tiff()
    dem = read_dem(path)
    (known,) = dem.fingerprints
    assert (known.path, known.sha256, known.size_bytes) == (path, sha256_of(path), path.stat().st_size)
    assert dem.like(dem.values, name="slope_deg").fingerprints == dem.fingerprints


def test_a_label_is_known_together_with_its_image(make_pds):
    label = make_pds()
    dem = read_dem(label)
    assert [f.path for f in dem.fingerprints] == [label, label.parent.resolve() / "dem.img"]
    check_unchanged(dem.fingerprints)
    content = bytearray((label.parent / "dem.img").read_bytes())
    content[100] ^= 1
    (label.parent / "dem.img").write_bytes(content)
    with pytest.raises(InputError, match=r"E_INPUT_CHANGED.*dem\.img"):
        check_unchanged(dem.fingerprints)


def test_a_sidecar_that_has_its_say_is_an_input(make_tiff):
    path = make_tiff()
    side = path.with_name("dem.tif.aux.xml")
    side.write_text("<PAMDataset><Metadata><MDI key='A'>b</MDI></Metadata></PAMDataset>")
    assert [f.path for f in read_dem(path).fingerprints] == [path]
    assert [f.path for f in read_dem(path, use_sidecars=True).fingerprints] == [path, side.resolve()]
