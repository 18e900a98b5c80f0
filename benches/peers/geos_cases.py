"""Records overlay areas by GEOS, for the test `kernels/tests/geos_oracle.rs`.

    python3 -m venv venv && venv/bin/pip install shapely
    venv/bin/python benches/peers/geos_cases.py > kernels/tests/data/geos_cases.csv

Every case has two layers of polygons on the lattice of whole centimetres. GEOS overlays each pair in
double precision, where nothing is snapped; the records are areas (cm2) and perimeters (cm).
Lines: `case,NAME,exact|rounded`; `a` and `b`, polygons, rings split by `|`, corners `x y x y ...`
relative to the case's origin; `p,RANK_A,RANK_B,AREA,PERIMETER` for each pair that shares ground;
`u,LAYER,AREA,PERIMETER` for the union of a layer.
"""

import math
import random

import shapely
import shapely.affinity
from shapely.geometry import Polygon
from shapely.geometry.polygon import orient


def grid(rng, n, step, jitter, merge):
    """A coverage: the squares of a grid, corners moved, some neighbours merged."""
    corner = {
        (i, j): (i * step + rng.randint(-jitter, jitter), j * step + rng.randint(-jitter, jitter))
        for i in range(n + 1)
        for j in range(n + 1)
    }
    cells = []
    for i in range(n):
        j = 0
        while j < n:
            k = min(n, j + (2 if rng.random() < merge else 1))
            left = [corner[i, m] for m in range(k, j - 1, -1)]
            right = [corner[i + 1, m] for m in range(j, k + 1)]
            cells.append(Polygon(left + right))
            j = k
    return cells


def stars(rng, n, reach):
    """Simple polygons of any shape, some with a hole; they overlap."""
    found = []
    while len(found) < n:
        x, y = rng.randint(-reach, reach), rng.randint(-reach, reach)
        spokes = sorted(rng.random() for _ in range(rng.randint(5, 9)))
        far = [rng.uniform(0.4, 1.0) * reach for _ in spokes]
        ring = [
            (round(x + f * math.cos(2 * math.pi * t)), round(y + f * math.sin(2 * math.pi * t)))
            for t, f in zip(spokes, far)
        ]
        shell = Polygon(ring)
        if not shell.is_valid or shell.area < reach:
            continue
        hole = [(x + dx, y + dy) for dx, dy in ((-9, -4), (7, -6), (3, 8))]
        holed = Polygon(ring, [hole])
        found.append(holed if holed.is_valid else shell)
    return found


def blocks(rng, n, size):
    """Axis-parallel rectangles: every crossing lies on the lattice."""
    made = []
    for _ in range(n):
        x, y = rng.randint(0, size), rng.randint(0, size)
        made.append(shapely.box(x, y, x + rng.randint(1, size), y + rng.randint(1, size)))
    return made


def moved(rng, polygons, by):
    """The same coverage with every corner moved by at most `by`: long slivers."""
    place = {}

    def ring(line):
        corners = []
        for x, y in list(line.coords)[:-1]:
            if (x, y) not in place:
                place[x, y] = (x + rng.randint(-by, by), y + rng.randint(-by, by))
            corners.append(place[x, y])
        return corners

    return [Polygon(ring(p.exterior), [ring(h) for h in p.interiors]) for p in polygons]


def text(polygon):
    rings = [polygon.exterior, *polygon.interiors]
    return "|".join(" ".join(f"{int(x)} {int(y)}" for x, y in list(r.coords)[:-1]) for r in rings)


def write(name, kind, a, b):
    assert all(p.is_valid and p.area > 0 for p in a + b), name
    print(f"case,{name},{kind}")
    for key, layer in (("a", a), ("b", b)):
        for polygon in layer:
            print(f"{key},{text(orient(polygon))}")
    for i, p in enumerate(a):
        for j, q in enumerate(b):
            both = p.intersection(q)
            if both.area > 0:
                print(f"p,{i},{j},{both.area:.6f},{both.length:.3f}")
    for key, layer in (("a", a), ("b", b)):
        whole = shapely.union_all(layer)
        print(f"u,{key},{whole.area:.6f},{whole.length:.3f}")


def main():
    print(f"# GEOS {shapely.geos_version_string}, shapely {shapely.__version__}")
    for seed in range(4):
        rng = random.Random(seed)
        write(f"blocks_{seed}", "exact", blocks(rng, 8, 900), blocks(rng, 8, 900))
        write(f"stars_{seed}", "rounded", stars(rng, 6, 600), stars(rng, 6, 600))
        a, b = grid(rng, 4, 2000, 650, 0.3), grid(rng, 3, 2700, 800, 0.3)
        write(f"coverages_{seed}", "rounded", a, b)
        write(f"slivers_{seed}", "rounded", a, moved(rng, a, 3))
        tiny = stars(rng, 5, 25)
        write(f"tiny_{seed}", "rounded", tiny, moved(rng, stars(rng, 5, 25), 0))
    shifted = grid(random.Random(9), 4, 3000, 700, 0.2)
    write("shifted", "rounded", shifted, [shapely.affinity.translate(p, 60, 80) for p in shifted])
    write("same", "exact", shifted, list(reversed(shifted)))


if __name__ == "__main__":
    main()
