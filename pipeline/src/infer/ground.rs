//! The ground that images cover, on the lattice of pixels of a model.

use std::ops::Range;
use std::path::{Path, PathBuf};

use kernels::grid::Grid;
use kernels::lattice::Point;
use kernels::patches::Tiling;
use ndarray::Array2;
use nomenclature::{Product, Segmentation};

use crate::error::{Error, InputError};
use crate::inputs;
use crate::io::gdal::SIDE_MAX;
use crate::io::raster::{RasterInfo, RasterSource};
use crate::mosaic::Mosaic;
use crate::talk;

/// How much larger than the model's a pixel may be: what printing a size in metres loses.
const PIXEL_SLACK: f64 = 1e-6;

/// The files of each product.
#[derive(Debug, Clone, Default)]
pub struct Images {
    /// Red, green, blue.
    pub rvb: Vec<PathBuf>,
    /// Near infrared, red, green.
    pub irc: Vec<PathBuf>,
    /// Metres above the ground.
    pub heights: Vec<PathBuf>,
}

impl Images {
    /// The files of a product, each once, in the order of their paths.
    pub(super) fn of(&self, product: Product) -> Vec<PathBuf> {
        let mut paths = match product {
            Product::Rvb => self.rvb.clone(),
            Product::Irc => self.irc.clone(),
            Product::Heights => self.heights.clone(),
        };
        paths.sort();
        paths.dedup();
        paths
    }
}

/// The products that a model needs, and the pixels over all tiles of the first one.
pub(super) struct Ground {
    /// The products, in the order of [`Product`].
    pub(super) products: Vec<(Product, Mosaic)>,
    /// EPSG code of all.
    pub(super) epsg: u32,
    /// The pixels.
    pub(super) grid: Grid,
    /// Row and column of its first pixel on the lattice, counted southwards and eastwards.
    first: (i64, i64),
}

impl Ground {
    /// Opens the files of every product that the model needs.
    ///
    /// The lattice is that of the north-westernmost tile. Pixels finer than the model's are
    /// averaged; heights of any pixel size are interpolated.
    ///
    /// # Errors
    /// [`Error::Usage`] when a product is not given; [`Error::Input`] for a file of another CRS,
    /// wrong bands, or pixels larger than the model's.
    pub(super) fn open(images: &Images, model: &Segmentation) -> Result<Self, Error> {
        let mut products = Vec::new();
        let mut epsg = None;
        for product in [Product::Rvb, Product::Irc, Product::Heights] {
            let paths = images.of(product);
            if !model.needs(product) {
                if !paths.is_empty() {
                    let what = format!("`{}` takes nothing from `--{}`", model.id, product.key());
                    talk::warning(&format!("{what}: these files are not read"));
                }
                continue;
            }
            let Some(first) = paths.first() else { return Err(not_given(product, model)) };
            let epsg = match epsg {
                Some(epsg) => epsg,
                None => *epsg.insert(epsg_of(first)?),
            };
            let fit: fn(&RasterInfo) -> Result<(), Error> =
                if product == Product::Heights { inputs::heights } else { inputs::ortho };
            let mosaic = Mosaic::open(&paths, epsg, fit)?;
            if product != Product::Heights && mosaic.pixel_m > model.pixel_m * (1.0 + PIXEL_SLACK) {
                return Err(too_coarse(first, mosaic.pixel_m, model));
            }
            products.push((product, mosaic));
        }
        let (Some(epsg), Some((_, mosaic))) = (epsg, products.first()) else {
            return Err(Error::internal("a model without channels was accepted"));
        };
        let (grid, first) = lattice(&mosaic.corners()?, model.pixel_cm());
        if grid.rows > SIDE_MAX || grid.cols > SIDE_MAX {
            let fault =
                InputError::new(&images.of(products[0].0)[0], "these tiles lie too far apart");
            return Err(fault
                .got(format!("{} rows, {} columns of pixels", grid.rows, grid.cols))
                .expected(format!("at most {SIDE_MAX} of each"))
                .hint("give tiles of one department")
                .into());
        }
        Ok(Self { products, epsg, grid, first })
    }

    /// The rows of the grid, on the lattice.
    pub(super) fn rows(&self) -> Range<i64> {
        self.first.0..self.first.0 + self.grid.rows as i64
    }

    /// Rows of the lattice, as rows of the grid; those outside it are left out.
    pub(super) fn rows_of(&self, rows: &Range<i64>) -> Range<usize> {
        let all = self.rows();
        let of = |row: i64| (row.clamp(all.start, all.end) - all.start) as usize;
        of(rows.start)..of(rows.end)
    }

    /// The columns of the grid, on the lattice.
    pub(super) fn cols(&self) -> Range<i64> {
        self.first.1..self.first.1 + self.grid.cols as i64
    }

    /// The part of the ground of the first product that each other one leaves uncovered, told on
    /// the cores of the patches.
    ///
    /// # Errors
    /// [`Error::Input`] when a product covers nothing of it.
    pub(super) fn uncovered(
        &self,
        tiling: &Tiling,
        images: &Images,
    ) -> Result<Vec<(Product, f64)>, Error> {
        let (base, others) = self.products.split_first().expect("a ground has a product");
        let imaged = self.covered(tiling, &base.1)?;
        let n_imaged = imaged.iter().filter(|&&is| is).count();
        let mut shares = Vec::new();
        for (product, mosaic) in others {
            let covered = self.covered(tiling, mosaic)?;
            let n = imaged.iter().zip(&covered).filter(|&(&is, &also)| is && also).count();
            if n == 0 && n_imaged > 0 {
                let path = &images.of(*product)[0];
                let what = format!("`--{}` covers nothing of `--{}`", product.key(), base.0.key());
                return Err(InputError::new(path, what)
                    .expected("tiles of the same ground")
                    .hint("check the position of the tiles with `gdalinfo`")
                    .into());
            }
            shares.push((*product, 1.0 - n as f64 / n_imaged.max(1) as f64));
        }
        Ok(shares)
    }

    /// Whether the middle of each core lies in a tile, for the cores over the grid.
    fn covered(&self, tiling: &Tiling, mosaic: &Mosaic) -> Result<Array2<bool>, Error> {
        let (rows, cols) = (tiling.cores_over(&self.rows()), tiling.cores_over(&self.cols()));
        let side = tiling.stride() as i64 * i64::from(self.grid.cell);
        let n = |range: &Range<i64>| (range.end - range.start) as usize;
        let mut covered = Array2::from_elem((n(&rows), n(&cols)), false);
        // From lattice steps to cores whose middle is at or after a place.
        let from = |steps: i64, first: i64, len: usize| {
            let core = (steps + side / 2).div_euclid(side) - first;
            core.clamp(0, len as i64) as usize
        };
        let Point { x, y } = self.grid.origin;
        let west = i64::from(x) - self.first.1 * i64::from(self.grid.cell);
        let north = i64::from(y) + self.first.0 * i64::from(self.grid.cell);
        for (low, high) in mosaic.corners()? {
            let across = |x: i32| from(i64::from(x) - west, cols.start, covered.ncols());
            let down = |y: i32| from(north - i64::from(y), rows.start, covered.nrows());
            let (rows, cols) = (down(high.y)..down(low.y), across(low.x)..across(high.x));
            covered.slice_mut(ndarray::s![rows, cols]).fill(true);
        }
        Ok(covered)
    }
}

/// The smallest grid over tiles, on the lattice of the north-westernmost one, and the row and
/// column of its first pixel.
fn lattice(corners: &[(Point, Point)], cell: i32) -> (Grid, (i64, i64)) {
    let extreme = |of: fn(&(Point, Point)) -> i32, low: bool| {
        let values = corners.iter().map(of);
        if low { values.min() } else { values.max() }.unwrap_or_default()
    };
    let leading = corners.iter().max_by_key(|(low, high)| (high.y, -low.x));
    let (x, y) = leading.map_or((0, 0), |(low, high)| (low.x, high.y));
    let (x, y) = (x.rem_euclid(cell), y.rem_euclid(cell));
    let low = Point::new(extreme(|c| c.0.x, true) - x, extreme(|c| c.0.y, true) - y);
    let high = Point::new(extreme(|c| c.1.x, false) - x, extreme(|c| c.1.y, false) - y);
    let aligned = Grid::covering(low, high, cell);
    let Point { x: west, y: north } = aligned.origin;
    let first = (-i64::from(north / cell), i64::from(west / cell));
    (Grid { origin: Point::new(west + x, north + y), ..aligned }, first)
}

fn epsg_of(path: &Path) -> Result<u32, Error> {
    let source = RasterSource::open(path)?;
    let info = source.info();
    info.epsg.ok_or_else(|| {
        let what = "the coordinate system of this image is missing or unknown to EPSG";
        InputError::new(path, what).hint("declare it: `gdal_edit.py -a_srs EPSG:2154 FILE`").into()
    })
}

fn not_given(product: Product, model: &Segmentation) -> Error {
    Error::Usage {
        what: format!("`{}` needs `--{}`, which is not given", model.id, product.key()),
        hint: Some(match product {
            Product::Heights => {
                "give rasters of metres above the ground (MNH, or MNS less MNT), or describe a \
                 model without them in a YAML of your own"
                    .to_owned()
            }
            _ => format!("give its tiles: `--{} TILES`", product.key()),
        }),
    }
}

fn too_coarse(path: &Path, pixel_m: f64, model: &Segmentation) -> Error {
    let wanted = model.pixel_m;
    InputError::new(path, "the pixels of this image are larger than those of the model")
        .got(format!("{pixel_m} m"))
        .expected(format!("{wanted} m or less"))
        .hint(format!(
            "resampling adds no detail, the model may see little: `gdalwarp -r cubic -tr {wanted} \
             {wanted} IN OUT`; or describe a model made for such pixels"
        ))
        .into()
}
