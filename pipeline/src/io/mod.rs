//! Reading and writing files: the only place of the project that sees `gdal`, `tiff` and `zarrs`.
//!
//! Everything that crosses this border is ours: lattice polygons, `ndarray` cells, typed rows,
//! located issues. Nothing of the libraries leaks out, so each of them can be swapped in one file.

pub mod class_raster;
pub mod cube;
pub mod error;
pub mod gdal;
pub mod image;
pub mod issue;
mod layer_styles;
pub mod raster;
pub mod raster_writer;
pub mod record;
pub mod ring;
pub mod schema;
mod spatial_index;
pub mod srs;
pub mod vector;
pub mod vector_writer;
pub mod wkb;
pub mod wkt;

#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod real_data_tests;
