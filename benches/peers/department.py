r"""A generated department as GeoPackages: its vintages and its communes.

Shared by deliver.py and corrections.py, in the process that has the public tools.
"""

from side_by_side import polygons

COMMUNES = 20


def ground(folder):
    """The polygons that our program wrote, on the ground of the department, in whole centimetres."""
    import numpy
    import shapely

    shapes = polygons(f"{folder}/coverage", "before")
    return shapely.transform(shapes, lambda xy: numpy.round(xy - xy.min(0), 2) + [600_000, 6_200_000])


def write_vintage(path, shapes, codes, year):
    """A vintage: the polygons, each with its cover and its usage."""
    import geopandas

    geopandas.GeoDataFrame({
        "id": [f"OCSGE{rank:07}" for rank in range(len(shapes))],
        "code_cs": [cs for cs, _ in codes], "code_us": [us for _, us in codes],
        "millesime": year, "source": "IGN", "ossature": 0, "id_origine": None, "code_or": None,
    }, geometry=shapes, crs=2154).to_file(path, layer="OCCUPATION_SOL", engine="pyogrio")


def write_communes(path, shapes):
    """The communes: stripes of the ground from west to east, which are given back."""
    import geopandas
    import shapely

    west, south, east, north = shapely.total_bounds(shapes)
    step = (east - west) / COMMUNES
    ranks = range(COMMUNES)
    stripes = [shapely.box(west + k * step, south, west + (k + 1) * step, north) for k in ranks]
    geopandas.GeoDataFrame({
        "insee": [f"11{k + 1:03}" for k in ranks], "nom": [f"Commune {k + 1}" for k in ranks],
    }, geometry=stripes, crs=2154).to_file(path, engine="pyogrio")
    return stripes
