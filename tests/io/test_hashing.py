"""Digests are those of the bytes."""

from __future__ import annotations

import pytest

from jezero_sites.errors import DiskError
from jezero_sites.io.hashing import sha256_of


def test_the_digest_is_the_published_one_of_abc(tmp_path):
    path = tmp_path / "abc"
    path.write_bytes(b"abc")
    assert sha256_of(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_file_that_cannot_be_read_is_a_disk_error(tmp_path):
    with pytest.raises(DiskError, match="E_READ"):
        sha256_of(tmp_path / "nowhere")
