"""A reduced map shows every layer by its worst value: no hazard is lost between cells."""

from __future__ import annotations

import base64
import zlib

import numpy as np
import pytest

from jezero_sites.maps.page_data import page_data
from jezero_sites.pipeline import assess
from jezero_sites.pipeline.run_files.load import load_run
from jezero_sites.pipeline.view import view_of
from jezero_sites.raster import Grid, Raster
from jezero_sites.settings import load_profile

EQC = "+proj=eqc +lat_ts=0 +lon_0=0 +R=3396190 +units=m +no_defs"
FACTOR = 4


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    from affine import Affine

    shape = (97, 121)
    grid = Grid.of(shape, Affine(1, 0, 4590640.0, 0, -1, 1093540.0), EQC)
    _, cols = np.indices(shape).astype(float)
    z = -2568.0 + 0.02 * cols + 0.05 * np.random.default_rng(3).standard_normal(shape)
    z[40:42, 60:62] += 1.4  # a block
    z[:, 90:] += 0.3  # a step along a column
    z[5:9, 7:12] = np.nan
    dem = Raster(z.astype(np.float32), grid, "elevation_m", "m")
    made = assess(dem, settings=load_profile("four-leg-illustrative"))
    return load_run(made.save(tmp_path_factory.mktemp("coarse") / "run"))


def decoded(layer, shape):
    kinds = {"u1": np.uint8, "u2": np.uint16, "i2": np.int16}
    raw = np.frombuffer(zlib.decompress(base64.b64decode(layer["data"])), kinds[layer["dtype"]].__mro__[0])
    unsigned = raw.view(f"u{raw.itemsize}").reshape(shape)
    codes = np.cumsum(unsigned, axis=1, dtype=unsigned.dtype).view(raw.dtype)
    values = codes.astype(float) * layer["step"] + layer["offset"]
    return codes, np.where(codes == layer["nodata"], np.nan, values) if layer[
        "nodata"
    ] is not None else values


def squares(values, empty):
    rows, cols = (-(-n // FACTOR) for n in values.shape)
    padded = np.full((rows * FACTOR, cols * FACTOR), empty, values.dtype)
    padded[: values.shape[0], : values.shape[1]] = values
    return padded.reshape(rows, FACTOR, cols, FACTOR).swapaxes(1, 2).reshape(rows, cols, -1)


@pytest.mark.parametrize(
    ("name", "worst"),
    [
        ("clearance_m", np.nanmin),
        ("safe_probability", np.nanmin),
        ("landing_probability", np.nanmin),
        ("divert_probability", np.nanmin),
        ("stance_tilt_deg", np.nanmax),
        ("roughness_m", np.nanmax),
    ],
)
@pytest.mark.filterwarnings("ignore:All-NaN")
def test_a_square_shows_its_worst_value(run, name, worst):
    data = page_data(view_of(run), max_px=31)
    assert data["grid"]["factor"] == FACTOR
    (layer,) = [one for one in data["layers"] if one["name"] == name]
    _, shown = decoded(layer, (data["grid"]["rows"], data["grid"]["cols"]))
    expected = worst(squares(np.asarray(run.layers[name].values, float), np.nan), axis=2)
    np.testing.assert_array_equal(np.isnan(shown), np.isnan(expected))
    np.testing.assert_allclose(shown, expected, atol=1.01 * layer["step"], rtol=1e-6)


def test_a_square_shows_every_artefact_and_the_factor_of_its_middle(run):
    data = page_data(view_of(run), max_px=31)
    layers = {one["name"]: one for one in data["layers"]}
    shape = (data["grid"]["rows"], data["grid"]["cols"])
    codes, _ = decoded(layers["dem_quality"], shape)
    flags = run.layers["dem_quality"].values
    assert flags.any()
    np.testing.assert_array_equal(codes, np.bitwise_or.reduce(squares(flags, 0), axis=2))
    codes, _ = decoded(layers["binding_factor"], shape)
    middle = squares(run.layers["binding_factor"].values, 0)[:, :, 2 * FACTOR + 2]
    np.testing.assert_array_equal(codes, middle)
