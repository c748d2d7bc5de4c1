"""Only one module of the package opens rasters and vector files."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import jezero_sites

SOURCE = Path(jezero_sites.__file__).parent
MODULES = sorted(p for p in SOURCE.rglob("*.py") if p.relative_to(SOURCE).as_posix() != "io/guard.py")
OPENERS = {"rasterio.open", "geopandas.read_file", "gpd.read_file", "geopandas.read_parquet", "fiona.open"}
WRITING = {"pyogrio.set_gdal_config_options"}
IN_MEMORY = "sqlite3.connect(':memory:')"
"""It opens no file: what it is to hold is handed over as bytes."""


def called(tree):
    """Return the dotted names that are called, and the names that are imported from their modules."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node) != IN_MEMORY:
            yield ast.unparse(node.func), node.lineno
        if isinstance(node, ast.ImportFrom) and node.module:
            for name in node.names:
                yield f"{node.module}.{name.name}", node.lineno


def opens(text):
    return [
        (name, line)
        for name, line in called(ast.parse(text))
        if name in OPENERS
        or (name.startswith("pyogrio.") and name not in WRITING)
        or name.startswith("osgeo.")
        or (name.startswith("sqlite3.") and name.endswith("connect"))
    ]


MOVERS = ("Transformer", "transform_geom", "reproject", "to_crs", "warp", "WarpedVRT", "transform_bounds")
"""What moves coordinates from one CRS to another, silently wrong between an ellipsoid and a sphere of Mars."""


def moves(text):
    names = {node.attr for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Attribute)}
    names |= {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names |= {name.name.rpartition(".")[2] for name in node.names}
            names |= set((getattr(node, "module", None) or "").split("."))
    return sorted(names & set(MOVERS))


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda p: p.relative_to(SOURCE).as_posix())
def test_nothing_moves_coordinates_between_two_crs(path):
    """Latitudes and longitudes go through ``Grid`` alone, which projects on its own sphere."""
    assert moves(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "text",
    [
        "pyproj.Transformer.from_crs(a, b)",
        "from pyproj import Transformer",
        "from rasterio.warp import transform",
        "import rasterio.warp",
        "frame.to_crs(49910)",
    ],
)
def test_the_search_for_movers_sees_what_it_is_for(text):
    assert moves(text)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(SOURCE).as_posix())
def test_no_other_module_opens_files_of_maps(path):
    assert opens(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "text",
    [
        "rasterio.open('x')",
        "from rasterio import open",
        "geopandas.read_file('x')",
        "from geopandas import read_file",
        "pyogrio.read_dataframe('x')",
        "from pyogrio import read_info",
        "with rasterio.open(x) as d: pass",
        "sqlite3.connect(path)",
        "sqlite3.connect(':memory:', uri=True)",
        "from sqlite3 import connect",
    ],
)
def test_the_search_sees_what_it_is_for(text):
    assert opens(text)


def test_the_door_itself_is_there():
    assert opens((SOURCE / "io" / "guard.py").read_text("utf-8"))
