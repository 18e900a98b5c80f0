"""The baseline of accuracy.py: a random forest on our features, two maps compared afterwards.

It is what iota2 does with its defaults raised to a fair level: scikit-learn's
RandomForestClassifier of 100 trees (all other parameters its own), trained on cells of the prior
vintage away from limits, as many of each class and date as our model kept; then a majority filter
of 3 x 3 cells, a sieve at the smallest unit (200 m2), and the comparison of two maps. Features are
those of kernels/src/features.rs, recomputed in numpy from the cube of our run: same bands, same
indices, same windows, same rounding.
"""

import json
import pathlib

import cc3d
import numpy
import rasterio.features
import scipy.ndimage
import zarr
from sklearn.ensemble import RandomForestClassifier

HALO = 13
SIDES = (3, 9, 27)
EROSION = 2
TREES = 100
SEED = 1
CHUNK = 250_000
SIEVE_M2 = 200


def index(a, b):
    """A normalised difference on 1..=255, 128 for zero or no light, cut towards zero."""
    difference, total = 127 * (a - b), numpy.maximum(a + b, 1)
    return (128 + numpy.sign(difference) * (numpy.abs(difference) // total)).astype(numpy.uint8)


def boxes(plane, side):
    """Mean (rounded) and twice the deviation (cut, saturated) of the window around each cell."""
    def window(values):
        sums = numpy.zeros((values.shape[0] + 1, values.shape[1] + 1), numpy.int64)
        sums[1:, 1:] = values.cumsum(0).cumsum(1)
        first = HALO - side // 2
        rows, cols = (n - 2 * HALO for n in values.shape)
        low, high = slice(first, first + rows), slice(first + side, first + side + rows)
        left, right = slice(first, first + cols), slice(first + side, first + side + cols)
        return sums[high, right] - sums[low, right] - sums[high, left] + sums[low, left]

    wide = plane.astype(numpy.int64)
    n, total, squares = side * side, window(wide), window(wide * wide)
    deviation = 2.0 * numpy.sqrt((n * squares - total * total).astype(float)) / n
    return ((total + n // 2) // n).astype(numpy.uint8), numpy.minimum(deviation, 255).astype(
        numpy.uint8)


def plain(padded):
    """Features that need at most the next cell, and the planes whose texture is a feature."""
    wide = padded.astype(numpy.int32)
    red, green, blue, nir = wide[:4]
    total, low, high = red + green + blue, wide[:3].min(0), wide[:3].max(0)
    light = total // 3
    shares = [numpy.where(total == 0, 85, part * 255 // numpy.maximum(total, 1))
              for part in (red, blue)]
    gradient = numpy.zeros_like(light)
    gradient[1:-1, 1:-1] = (numpy.abs(light[1:-1, 2:] - light[1:-1, :-2])
                            + numpy.abs(light[2:, 1:-1] - light[:-2, 1:-1]))
    ndvi = index(nir, red)
    planes = [*wide, ndvi, index(green, nir), light, (high - low) * 255 // numpy.maximum(high, 1),
              *shares, numpy.minimum(gradient, 255)]
    return planes, (light, ndvi, nir, wide[4:7].sum(0) // 3)


def features(imagery, heights):
    """Features of every cell, shape (cell, feature), in the order of kernels/src/features.rs."""
    around = ((0, 0), (HALO, HALO), (HALO, HALO))
    inner = slice(HALO, -HALO)
    planes, textures = plain(numpy.pad(imagery, around, mode="edge"))
    out = [plane[inner, inner].astype(numpy.uint8) for plane in planes]
    for side in SIDES:
        light, ndvi, nir, fine = (boxes(plane, side) for plane in textures)
        out += [light[0], ndvi[0], nir[0], fine[0], light[1], ndvi[1], nir[1]]
    if heights is not None:
        padded = numpy.pad(heights, around, mode="edge")
        out += [*heights]
        for side in SIDES:
            out += boxes(padded[0], side)
    return numpy.stack([plane.ravel() for plane in out], axis=1)


def inside(classes, valid):
    """Cells whose neighbours up to EROSION cells are of the same class and have imagery."""
    size = 2 * EROSION + 1
    low = scipy.ndimage.minimum_filter(classes, size, mode="nearest")
    high = scipy.ndimage.maximum_filter(classes, size, mode="nearest")
    seen = scipy.ndimage.minimum_filter(valid, size, mode="nearest") != 0
    return (low == high) & seen & (classes != 0)


def majority(classes):
    """The commonest class of 3 x 3 cells; a tie that the cell's own class is in keeps it."""
    best, most = numpy.zeros_like(classes), numpy.zeros(classes.shape, numpy.int8)
    for value in numpy.unique(classes):
        own = classes == value
        votes = scipy.ndimage.convolve(own.astype(numpy.int8), numpy.ones((3, 3), numpy.int8),
                                       mode="nearest")
        votes = 2 * votes + own
        best[votes > most] = value
        most = numpy.maximum(most, votes)
    return best


class Forest:
    """The forest of one territory and the maps that it makes."""

    def __init__(self, work, jobs):
        self.cube = zarr.open(f"{work}/cube.zarr", mode="r")
        file, = pathlib.Path(work).parent.glob("model_*.json")
        model = json.loads(file.read_text(encoding="utf-8"))["model"]
        ranks = self.cube["probability"].attrs["notes"]["classes"]
        self.wanted = dict(zip(ranks, model["samples"], strict=True))
        self.dates = [date for date in ("_before", "") if f"imagery{date}" in self.cube]
        self.tall = any(f"heights{date}" in self.cube for date in self.dates)
        self.prior = (self.cube["prior"][:] >> 8).astype(numpy.uint8)
        self.cell_m2 = (self.cube.attrs["frame"]["cell_cm"] / 100) ** 2
        self.forest = RandomForestClassifier(n_estimators=TREES, random_state=SEED, n_jobs=jobs)
        self.n_samples = 0

    def features(self, date):
        imagery = self.cube[f"imagery{date}"][:]
        heights = f"heights{date}"
        known = heights in self.cube
        if not self.tall:
            return features(imagery, None)
        return features(imagery, self.cube[heights][:] if known
                        else numpy.zeros((2, *imagery.shape[1:]), numpy.uint8))

    def train(self):
        """Trains on cells of every date, drawn per class without regard to what is probable."""
        draws, lines, labels = numpy.random.default_rng(SEED), [], []
        for rank, date in enumerate(self.dates):
            good = inside(self.prior, self.cube[f"valid{date}"][:]).ravel()
            cells, classes = self.features(date), self.prior.ravel()
            for value, wanted in self.wanted.items():
                n = (wanted + rank) // len(self.dates)
                places = numpy.flatnonzero(good & (classes == value))
                places = numpy.sort(draws.permutation(places)[:n])
                lines.append(cells[places])
                labels.append(numpy.full(len(places), value, numpy.uint8))
        labels = numpy.concatenate(labels)
        self.n_samples = len(labels)
        self.forest.fit(numpy.concatenate(lines).astype(numpy.float32), labels)

    def raw(self, date):
        """The class of each cell of a date."""
        cells = self.features(date)
        parts = [self.forest.predict(cells[at:at + CHUNK].astype(numpy.float32))
                 for at in range(0, len(cells), CHUNK)]
        return numpy.concatenate(parts).reshape(self.prior.shape).astype(numpy.uint8)

    def regular(self, raw):
        """The map of a date: majority filter, then sieve."""
        cells = round(SIEVE_M2 / self.cell_m2)
        return rasterio.features.sieve(majority(raw), cells, connectivity=4)


def changed(before, after):
    """The class that each changed cell took, 0 elsewhere and where one of the maps is void."""
    return numpy.where((before != after) & (before != 0) & (after != 0), after, 0)


def without_small_change(prior, vintage, units):
    """The vintage where regions of change under the unit of their class are the prior again.

    `units` are in cells, by class.
    """
    said = changed(prior, vintage)
    regions, n = cc3d.connected_components(said, connectivity=4, return_N=True)
    sizes = numpy.bincount(regions.ravel(), minlength=n + 1)
    values = numpy.zeros(n + 1, numpy.uint8)
    values[regions.ravel()] = said.ravel()
    small = sizes < numpy.asarray(units)[values]
    small[0] = False
    return numpy.where(small[regions], prior, vintage)
