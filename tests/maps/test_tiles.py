"""Value tiles: every cell of every layer, coarser levels by the worst value, the same bytes for any threads."""

from __future__ import annotations

import base64
import io
import json
import re
import zlib
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from jezero_sites.errors import InputError
from jezero_sites.maps import page_data, tiles
from jezero_sites.maps.sitemap import build_map

CALL = re.compile(r'JZ_TILE\("(\w+)",(\d+),(\d+),(\d+),"([A-Za-z0-9+/=]+)"\);\n', re.ASCII)
KINDS = {"u1": np.uint8, "u2": np.uint16, "i2": np.int16}


@pytest.fixture(scope="module")
def small_tiles():
    """Tiles of 32 cells, so that a small raster has several levels of them."""
    before, tiles.SIZE = tiles.SIZE, 32
    yield
    tiles.SIZE = before


@pytest.fixture(scope="module")
def written(small_tiles, build_view, tmp_path_factory):
    view = build_view(shape=(150, 203))
    folder = tmp_path_factory.mktemp("folder") / "map"
    build_map(view).save_folder(folder)
    text = (folder / "index.html").read_text("utf-8")
    data = json.loads(re.search(r'id="jz-data">(.*?)</script>', text, re.DOTALL)[1])
    return view, folder, data


def layer_of(data, name):
    return next(layer for layer in data["layers"] if layer["name"] == name)


def assembled(folder, data, name, level):
    """Return a level's codes, put together from its tiles."""
    layer, size = layer_of(data, name), data["tiles"]["size"]
    about = data["tiles"]["levels"][level]
    whole = np.full((about["rows"], about["cols"]), 99, KINDS[layer["dtype"]])
    seen = np.zeros(whole.shape, int)
    for path in (folder / "tiles" / name / str(level)).iterdir():
        found, k, row, col, text = CALL.fullmatch(path.read_text("ascii")).groups()
        assert (found, int(k), path.name) == (name, level, f"{row}_{col}.js")
        r, c = int(row) * size, int(col) * size
        shape = whole[r : r + size, c : c + size].shape
        raw = np.frombuffer(zlib.decompress(base64.b64decode(text)), whole.dtype)
        unsigned = raw.view(f"u{raw.itemsize}").reshape(shape)
        whole[r : r + size, c : c + size] = np.cumsum(unsigned, axis=1, dtype=unsigned.dtype).view(
            whole.dtype
        )
        seen[r : r + size, c : c + size] += 1
    assert (seen == 1).all()
    return whole


def values_of(codes, layer):
    values = codes * layer["step"] + layer["offset"]
    return values if layer["nodata"] is None else np.where(codes == layer["nodata"], np.nan, values)


def squares(values, factor, empty):
    rows, cols = (-(-n // factor) for n in values.shape)
    padded = np.full((rows * factor, cols * factor), empty, values.dtype)
    padded[: values.shape[0], : values.shape[1]] = values
    return padded.reshape(rows, factor, cols, factor).swapaxes(1, 2).reshape(rows, cols, -1)


def test_the_finest_level_holds_every_cell_to_its_step(written):
    view, folder, data = written
    assert [level["factor"] for level in data["tiles"]["levels"]] == [1, 4, 16]
    assert data["grid"]["factor"] == 1
    for name, raster in {**view.layers, "elevation_m": view.elevation}.items():
        layer = layer_of(data, name)
        found = values_of(assembled(folder, data, name, 0), layer)
        truth = raster.values.astype(float)
        if layer["kind"] == "code" and layer["nodata"] is not None:
            truth = np.where(truth == layer["nodata"], np.nan, truth)
        slack = layer["step"] / 2 if name == "elevation_m" else layer["step"]
        np.testing.assert_allclose(found, truth, atol=slack + 1e-6)
        assert "data" not in layer


@pytest.mark.parametrize("level", [1, 2])
def test_coarser_levels_are_the_worst_of_the_cells_below(written, level):
    view, folder, data = written
    factor = 4**level
    for name, worst, empty in [
        ("slope_deg", np.fmax, np.nan),
        ("relief_m", np.fmax, np.nan),
        ("landing_probability", np.fmin, np.nan),
        ("safe_probability", np.fmin, np.nan),
    ]:
        layer = layer_of(data, name)
        truth = worst.reduce(squares(view.layers[name].values, factor, empty), axis=2)
        np.testing.assert_allclose(
            values_of(assembled(folder, data, name, level), layer), truth, atol=layer["step"] + 1e-6
        )
    hazard = squares(view.layers["hazard_class"].values, factor, 0).max(axis=2)
    np.testing.assert_array_equal(assembled(folder, data, "hazard_class", level), hazard)
    reason = np.bitwise_or.reduce(squares(view.layers["hazard_reason"].values, factor, 0), axis=2)
    np.testing.assert_array_equal(assembled(folder, data, "hazard_reason", level), reason)


def test_the_picture_is_the_hillshade_without_seams(written):
    from jezero_sites.layers import measure

    view, folder, data = written
    [about] = [picture["tiles"] for picture in data["pictures"]]
    whole = np.zeros((about["levels"][0]["rows"], about["levels"][0]["cols"], 2), np.uint8)
    for path in (folder / "tiles/relief/0").iterdir():
        row, col = (int(n) * 32 for n in path.stem.split("_"))
        part = np.asarray(Image.open(io.BytesIO(path.read_bytes())))
        whole[row : row + part.shape[0], col : col + part.shape[1]] = part
    shade = measure(view.elevation, "hillshade").values
    known = ~np.isnan(shade)
    np.testing.assert_array_equal(whole[..., 1] > 0, known)
    expected = np.clip(shade[known].astype(np.float32), 0, 1) * 195 + 60
    assert np.abs(whole[..., 0][known] - expected).max() <= 0.51
    grid = data["grid"]
    assert (about["west"], about["north"]) == pytest.approx((grid["west"], grid["north"]), abs=1e-12)


def test_the_files_do_not_depend_on_the_number_of_threads(written, small_tiles, tmp_path):
    view, folder, _ = written
    build_map(view).save_folder(tmp_path / "map", jobs=5)
    mine = {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    other = {
        p.relative_to(tmp_path / "map"): p.read_bytes() for p in (tmp_path / "map").rglob("*") if p.is_file()
    }
    assert mine == other
    assert len(mine) > 300


def test_a_name_that_leads_elsewhere_writes_nothing(build_view, tmp_path, monkeypatch):
    view = build_view()
    bad = replace(view.elevation, name="../../out")
    monkeypatch.setattr(tiles, "shown_rasters", lambda _: [bad])
    with pytest.raises(ValueError, match="is no name of a layer"):
        tiles.write_tiles(view, tmp_path / "map", jobs=1, progress=lambda _: None)
    assert not list(tmp_path.rglob("*.js"))


def test_a_folder_that_holds_something_is_left_alone(build_view, tmp_path):
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(InputError, match="E_OUT_EXISTS"):
        build_map(build_view()).save_folder(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def decoded(layer, shape):
    raw = np.frombuffer(zlib.decompress(base64.b64decode(layer["data"])), KINDS[layer["dtype"]])
    unsigned = raw.view(f"u{raw.itemsize}").reshape(shape)
    return np.cumsum(unsigned, axis=1, dtype=unsigned.dtype).view(raw.dtype)


def test_a_reduced_page_tells_where_unknown_ground_hides_in_its_cells(build_view, monkeypatch):
    view = build_view(shape=(91, 130))
    data = page_data.page_data(view, max_px=50)
    grid = data["grid"]
    assert grid["factor"] == 3
    mask = decoded(layer_of(data, "unknown_mask"), (grid["rows"], grid["cols"]))
    unknown = squares((view.layers["hazard_class"].values == 0).astype(np.uint8), 3, 1)
    np.testing.assert_array_equal(mask == 0, unknown.max(axis=2) == 0)
    np.testing.assert_array_equal(mask == 2, unknown.min(axis=2) == 1)
    assert 0 < np.count_nonzero(mask == 1) < mask.size / 2


@pytest.mark.parametrize("side", [300, 1200, 2600])
def test_a_map_is_never_larger_than_fifteen_megabytes(build_view, tmp_path, side):
    view = build_view(shape=(side, side + 111))
    noise = np.random.default_rng(8).random((side, side + 111), np.float32)
    layers = {
        name: replace(raster, values=noise) if raster.values.dtype.kind == "f" else raster
        for name, raster in view.layers.items()
    }
    site_map = build_map(replace(view, layers=layers))
    site_map.save(tmp_path / "map.html")
    size = (tmp_path / "map.html").stat().st_size
    assert size <= 15_000_000
    assert site_map.is_reduced == (side > 1000)
    assert site_map.is_reduced is False or size > 4_000_000  # reduced no further than it must
