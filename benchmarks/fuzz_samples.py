"""Feed damaged lists of samples and settings to their readers: ``python -m benchmarks.fuzz_samples --count N``.

Every input must be read or refused with a code of ours. Anything else ends the run with exit status 1, and the
input is kept in a file. The same seed gives the same inputs.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from jezero_sites.errors import InputError, JezeroError
from jezero_sites.io.points.samples import rows_in, samples_in
from jezero_sites.settings import parse_settings, profile_names, profile_text

FRAME_EVERY = 25  # tables are slow to make: of lists that are read, one in so many becomes one
SLOW_S = 10.0

CSV_SEEDS = (
    b"name,lon_deg,lat_deg\nRoubion,77.45,18.42\nAts\xc3\xa1,77.46,18.44\n",
    b'kind,name,seal_sol,lat,lon,elevation_m,location,location_date,source\ndepot,"A, ""b""",371,18.4,77.4,'
    b"-2545.25,depot,2026-09,here\nsample,B,1,18,77,,,,\n",
    b"\xef\xbb\xbfSample Name;Longitude (deg E);Latitude (deg)\r\nA;77,4;18,4\r\n",
    b"name,lon,lat,location_2026_09,drop_sol\nA,437.4,-18.4,depot,1\nB,,,rover,\nA,437.4,-18.4,depot,1\n",
    b"name,lon,lat\nA,-4.6,137.4\nB,-4.7,137.3\nC,,\n",
)
GEOJSON_SEEDS = (
    b'{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:IAU:2015::49900"}},'
    b'"features":[{"type":"Feature","geometry":{"type":"Point","coordinates":[77.4,18.4,-2500.5]},'
    b'"properties":{"name":"A","seal_sol":371,"kind":"depot","source":"x"}},'
    b'{"type":"Feature","geometry":null,"properties":{"name":"B \\u00e1","elevation":null}}]}',
)
PIECES = (
    *(b'"', b'""', b",", b";", b"\n", b"\r", b"\r\n", b"\t", b"\0", b"'", b"=", b"-", b"+", b".", b"e", b"1e309"),
    *(b"1e300", b"9" * 400, b"nan", b"inf", b"-90.0000001", b"360", b"720.1", b"0x1p3", b"1_0", b"\xef\xbb\xbf"),
    *(b"\xff\xfe", b"\xed\xa0\x80", b"\xc3", b"\xf0\x9f\xaa\xa8", b"\xe2\x80\xae", b"\\ud800", b"\\u0000", b"{{7*7}}"),
    *(b"{", b"}", b"[", b"]", b":", b"null", b"true", b"NaN", b"Infinity", b"[[", b"{}", b'{"a":1}', b"[" * 2000),
    *(b"name", b"lon", b"lat_deg", b"kind", b"seal_sol", b"elevation_m", b"location_2026_99", b"<VRT", b"<?xml", b"PK"),
    *(b"extends", b'"msr-srl-illustrative"', b"source", b"verified", b"[limits.slope_deg]", b"[[profile]]", b"0b1"),
    *(b"1979-05-27", b"x" * 201, b" ", b"#", b"\x1b", b"\xd9\xa7"),
)  # fmt: skip

VALUES = (
    *(
        None,
        True,
        0,
        -1,
        91.0,
        -720.5,
        1e300,
        -1e-320,
        10**400,
        2**63,
        math.nan,
        math.inf,
        "",
        " ",
        "A",
        "77.4",
        "nan",
    ),
    *(
        "Point",
        "LineString",
        "FeatureCollection",
        "x" * 201,
        "\0",
        "\ud800",
        "\u202e",
        "{{7*7}}",
        "=1",
        "depot",
        "1e999",
    ),
    *(
        [],
        {},
        [77.4, 18.4],
        [77.4, 18.4, 1.0, 2.0],
        [[77.4, 18.4]],
        {"name": "B"},
        {"coordinates": [18.4, 77.4]},
    ),
)


def mutant(seed: bytes, chance: random.Random) -> bytes:
    """Return bytes with one to four changes: a byte, a piece put in, a part cut out, doubled or moved."""
    data = bytearray(seed)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(data) + 1)
        end = min(len(data), at + chance.choice((1, 1, 2, 4, 16)))
        kind = chance.randrange(6)
        if kind == 0 and at < len(data):
            data[at] = chance.randrange(256 if chance.random() < 0.2 else 128)
        elif kind == 1:
            data[at:at] = chance.choice(PIECES)
        elif kind == 2:
            data[at:end] = chance.choice(PIECES)
        elif kind == 3:
            del data[at:end]
        elif kind == 4:
            data[at:at] = data[at:end] * chance.randint(1, 3)
        else:
            to = chance.randrange(len(data) + 1)
            data[to:to] = data[at:end]
    return bytes(data)


def altered(seed: bytes, chance: random.Random) -> bytes:
    """Return JSON with one to three of its values replaced; half of the time its bytes are damaged instead."""
    if chance.random() < 0.5:
        return mutant(seed, chance)
    data = json.loads(seed)
    for _ in range(chance.randint(1, 3)):
        node, key = chance.choice(list(places(data)))
        node[key] = copy.deepcopy(chance.choice((*VALUES, data)))
    return json.dumps(data, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")


def places(data: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every place of a value within JSON, as what holds it and its key or index."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        yield data, key
        yield from places(value)


def read_list(data: bytes, number: int, name: str) -> None:
    """Read a list of samples, now and then as far as the table."""
    if number % FRAME_EVERY == 0:
        samples_in(data, Path(name))
    else:
        rows_in(data, Path(name))


def read_csv(data: bytes, number: int) -> None:
    """Read a list called ``.csv``."""
    read_list(data, number, "fuzz.csv")


def read_geojson(data: bytes, number: int) -> None:
    """Read a list called ``.geojson``."""
    read_list(data, number, "fuzz.geojson")


def read_toml(data: bytes, number: int) -> None:
    """Read settings; bytes that are no UTF-8 are refused before the parser sees them."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        found, place = "no UTF-8", f"byte {exc.start}"
        raise InputError(
            "E_ENCODING", found=found, fix="save it as UTF-8", file="fuzz.toml", field=place
        ) from exc
    parse_settings(text, file="fuzz.toml")


def toml_seeds() -> Iterator[bytes]:
    """Yield settings whole and short."""
    for name in profile_names():
        yield profile_text(name).encode("utf-8")
    yield b'[profile]\nextends = "msr-srl-illustrative"\nname = "x"\n[limits.slope_deg]\nvalue = 5.0\nsource = "y"\n'


def outcome(read: Callable[[bytes, int], None], data: bytes, number: int) -> str:
    """Return the code of a refusal, or ``read``; anything but a refusal of ours is raised."""
    try:
        read(data, number)
    except JezeroError as error:
        told = str(error)
        if not told.isprintable() or not told.startswith(f"error[{error.code}]"):
            raise ValueError(f"the message is not one plain line: {told!r}") from error
        told.encode("utf-8")
        if not (error.found and error.fix and error.field and error.file and error.exit_code == 2):
            raise ValueError(
                f"a refusal without its file, its field or what to do: {error.as_dict()}"
            ) from error
        return error.code
    return "read"


def fuzz(kind: str, count: int, *, seed: int, keep: Path) -> tuple[Counter[str], Path | None]:
    """Return how often each outcome came, and the file of the input that broke the rule, if any."""
    read, seeds = READERS[kind]
    damage = altered if kind == "geojson" else mutant
    chance = random.Random(f"{kind} {seed}")  # noqa: S311 - a fixed stream of inputs, no secret
    found: Counter[str] = Counter()
    for number in range(count):
        data = damage(chance.choice(seeds), chance)
        began = time.perf_counter()
        try:
            found[outcome(read, data, number)] += 1
            if time.perf_counter() - began > SLOW_S:
                raise TimeoutError(f"took more than {SLOW_S:g} s")
        except Exception as exc:  # noqa: BLE001 - to find these is the purpose
            path = keep / f"fuzz-{kind}-{seed}-{number}.bin"
            path.write_bytes(data)
            print(f"{kind} input {number}: {type(exc).__name__}: {exc}", file=sys.stderr)
            return found, path
    return found, None


COUNTS = {"csv": 500_000, "geojson": 200_000, "toml": 20_000}
"""Inputs of each kind, a minute or less."""

READERS: dict[str, tuple[Callable[[bytes, int], None], tuple[bytes, ...]]] = {
    "csv": (read_csv, CSV_SEEDS),
    "geojson": (read_geojson, GEOJSON_SEEDS),
    "toml": (read_toml, tuple(toml_seeds())),
}


def main(arguments: list[str] | None = None) -> int:
    """Fuzz the readers and print the counts by code; 1 where one let anything else through."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz_samples", description=__doc__)
    parser.add_argument("--count", type=int, help=f"inputs of each kind; {COUNTS} by default")
    parser.add_argument("--kind", choices=READERS, action="append", help="all by default; may be repeated")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, default=None, help="folder for an input that breaks the rule")
    asked = parser.parse_args(arguments)
    keep = asked.keep or Path(tempfile.gettempdir())
    for kind in asked.kind or READERS:
        began = time.perf_counter()
        found, broken = fuzz(kind, asked.count or COUNTS[kind], seed=asked.seed, keep=keep)
        print(f"{kind}: {sum(found.values())} inputs in {time.perf_counter() - began:.1f} s")
        for code, times in found.most_common():
            print(f"  {code:<20} {times}")
        if broken is not None:
            print(f"  the input is kept in {broken}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
