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


def called(tree):
    """Return the dotted names that are called, and the names that are imported from their modules."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
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
    ]


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
    ],
)
def test_the_search_sees_what_it_is_for(text):
    assert opens(text)


def test_the_door_itself_is_there():
    assert opens((SOURCE / "io" / "guard.py").read_text("utf-8"))
