"""The sample tubes of Perseverance and the depot at Three Forks, as a table of facts of our own.

Two kinds of rows: ``sample``, where the rover stood when a tube was sealed, and ``depot``, where it
stood when it laid one down. A tube can have both; which one holds it is told by ``location``.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, fields
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

POSITION_NOTE = (
    "Positions are the rover's when it sealed or laid down a tube, not the tube's own; "
    "tubes lie within about 3 m of them, the reach of its arm (inferred). "
    "Longitudes are east, latitudes planetocentric. "
    "Where a tube is now ('rover' or 'depot') is as of the date given. Two samples have no published position."
)
"""What must be said wherever the positions are shown."""

NEAR_ROVER_M = 3.0
"""How far from the rover's own position a tube was collected or laid down, at most: inferred, from the length of
its arm (2.1 m as NASA describes the rover) and of its body; the
accuracy of the rover's localisation is not published with the route and comes on top."""

ROUTE = "NASA/JPL MMGIS M20_traverse"
DROPS = "drop sols: PDS Analyst's Notebook, Three Forks Depot"


@dataclass(frozen=True)
class SampleRow:
    """One place of one tube; None where it is not published.

    Attributes
    ----------
    name : str
    seal_sol : int or None
        Martian day of the mission on which the tube was sealed.
    lon_deg, lat_deg : float or None
        East longitude and planetocentric latitude of the rover, in degrees.
    elevation_m : float or None
        Height of the rover above the areoid, in metres.
    location : str
        Where the tube is: ``rover`` or ``depot``.
    location_date : str
        Month for which ``location`` is known, ``YYYY-MM``; empty if not stated.
    source : str
    kind : str
        ``sample`` (place of sealing) or ``depot`` (place of laying down).
    uncertainty_m : float or None
        Radius about the position within which the tube was collected or laid down, in metres.
    """

    name: str
    seal_sol: int | None
    lon_deg: float | None
    lat_deg: float | None
    elevation_m: float | None
    location: str
    location_date: str
    source: str
    kind: str
    uncertainty_m: float | None = None


COLUMNS = tuple(field.name for field in fields(SampleRow))
"""The columns of every table of samples, before its geometry."""


@cache
def catalog_rows() -> tuple[SampleRow, ...]:
    """Return the 30 sample tubes and the ten tubes of the depot; needs no heavy library.

    Examples
    --------
    >>> rows = catalog_rows()
    >>> len([row for row in rows if row.kind == "sample"]), len([row for row in rows if row.kind == "depot"])
    (30, 10)
    >>> rows[0].name, rows[0].seal_sol, rows[0].location
    ('Roubion', 164, 'depot')
    """
    text = (
        resources.files("jezero_sites.io.points").joinpath("data/perseverance_samples.csv").read_text("utf-8")
    )
    return tuple(_row(record) for record in csv.DictReader(text.splitlines()))


def perseverance_samples() -> GeoDataFrame:
    """Return the catalogue as a table with points, in the columns that :func:`read_samples` gives.

    Returns
    -------
    geopandas.GeoDataFrame
        Columns as in :class:`SampleRow`, then ``geometry`` (None where the position is not published) in
        IAU_2015:49900; ``attrs["notices"]`` and ``attrs["sources"]`` are tuples.
    """
    from jezero_sites.errors import Notice
    from jezero_sites.io.points.samples import sample_frame

    rows = catalog_rows()
    missing = [row.name for row in rows if row.lon_deg is None]
    found = f"no published position: {', '.join(missing)}; listed without one"
    return sample_frame(rows, notices=(Notice("W_NO_POSITION", found),), sources=())


def _row(record: dict[str, str]) -> SampleRow:
    return SampleRow(
        name=record["name"],
        seal_sol=int(record["seal_sol"]) if record["seal_sol"] else None,
        lon_deg=_number(record["lon_deg"]),
        lat_deg=_number(record["lat_deg"]),
        elevation_m=_number(record["elevation_m"]),
        location=record["location"],
        location_date=record["location_date"],
        source=_source(record),
        kind=record["kind"],
        uncertainty_m=NEAR_ROVER_M if record["lon_deg"] else None,
    )


def _number(text: str) -> float | None:
    return float(text) if text else None


def _source(record: dict[str, str]) -> str:
    drive = record["drive_sol"]
    if record["kind"] == "depot":
        height = f"; {record['note']}" if record["note"] else ""
        return f"{ROUTE}, rover stop on sol {drive}{height}; laid down on sol {record['drop_sol']}; {DROPS}"
    if drive:
        return f"{ROUTE}, rover position after last drive on sol {drive}"
    return "sol and position not published in the source of this list"
