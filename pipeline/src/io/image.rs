//! Pictures for the report: an array of colours becomes a PNG or a JPEG.

use std::ffi::CString;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use gdal::DriverManager;
use gdal::raster::{Buffer, RasterCreationOptions};
use ndarray::{Array3, Axis};

use super::error::{Result, write_error};
use super::gdal::writing;

/// Quality of photographs, of 100.
const JPEG_QUALITY: &str = "80";

static NEXT: AtomicU64 = AtomicU64::new(0);

/// Encodes an image of shape (rows, cols, 3 or 4) (red, green, blue, opacity) as PNG bytes: for
/// drawings, which it keeps as they are.
///
/// # Errors
/// [`crate::Error::Write`] (naming a file in memory) when the shape is another one or empty, or when
/// encoding fails.
pub fn png_bytes(image: &Array3<u8>) -> Result<Vec<u8>> {
    encoded(image, ("PNG", "png"), &RasterCreationOptions::new())
}

/// Encodes an image of shape (rows, cols, 3) (red, green, blue) as JPEG bytes: for photographs.
///
/// # Errors
/// As [`png_bytes`].
pub fn jpeg_bytes(image: &Array3<u8>) -> Result<Vec<u8>> {
    let mut options = RasterCreationOptions::new();
    options.set_name_value("QUALITY", JPEG_QUALITY).expect("plain option names and values");
    encoded(image, ("JPEG", "jpg"), &options)
}

fn encoded(
    image: &Array3<u8>,
    (driver, extension): (&str, &str),
    options: &RasterCreationOptions,
) -> Result<Vec<u8>> {
    let name = format!("/vsimem/millesime-{}.{extension}", NEXT.fetch_add(1, Ordering::Relaxed));
    let path = Path::new(&name);
    let (rows, cols, bands) = image.dim();
    if rows == 0 || cols == 0 || !(3..=4).contains(&bands) {
        let what = format!("an image has shape {:?}, expected (rows, cols, 3 or 4)", image.dim());
        return Err(write_error(path, what));
    }
    writing(path, || {
        let memory = DriverManager::get_driver_by_name("MEM")?;
        let dataset = memory.create_with_band_type::<u8, _>("", cols, rows, bands)?;
        for (index, plane) in image.axis_iter(Axis(2)).enumerate() {
            let mut buffer = Buffer::new((cols, rows), plane.iter().copied().collect());
            dataset.rasterband(index + 1)?.write((0, 0), (cols, rows), &mut buffer)?;
        }
        let driver = DriverManager::get_driver_by_name(driver)?;
        dataset.create_copy(&driver, path, options)?.close()
    })?;
    seize(&name).ok_or_else(|| write_error(path, "the encoder left no bytes"))
}

/// Takes the bytes of a file in memory, which disappears.
fn seize(name: &str) -> Option<Vec<u8>> {
    let name = CString::new(name).ok()?;
    let mut length = 0;
    // SAFETY: the name is NUL-terminated; with the last argument set, the buffer of `length` bytes
    // becomes ours; it is copied, then freed by the function that GDAL prescribes.
    unsafe {
        let bytes = gdal_sys::VSIGetMemFileBuffer(name.as_ptr(), &raw mut length, 1);
        if bytes.is_null() {
            return None;
        }
        let copy = std::slice::from_raw_parts(bytes, length as usize).to_vec();
        gdal_sys::VSIFree(bytes.cast());
        Some(copy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_becomes_the_same_png_each_time() {
        let image = Array3::from_shape_fn((4, 6, 4), |(r, c, b)| (r * 40 + c * 7 + b) as u8);
        let bytes = png_bytes(&image).unwrap();
        assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n");
        assert_eq!(u32::from_be_bytes(bytes[16..20].try_into().unwrap()), 6);
        assert_eq!(u32::from_be_bytes(bytes[20..24].try_into().unwrap()), 4);
        assert_eq!(bytes, png_bytes(&image).unwrap());
    }

    #[test]
    fn a_photograph_becomes_a_jpeg_without_a_file_beside_it() {
        let image = Array3::from_elem((40, 60, 3), 200);
        let bytes = jpeg_bytes(&image).unwrap();
        assert_eq!(&bytes[..3], b"\xff\xd8\xff");
        assert!(bytes.len() < 2_000, "{}", bytes.len());
        assert_eq!(bytes, jpeg_bytes(&image).unwrap());
    }

    #[test]
    fn an_image_of_another_depth_is_an_error() {
        assert!(png_bytes(&Array3::zeros((2, 2, 2))).is_err());
        assert!(png_bytes(&Array3::zeros((0, 2, 3))).is_err());
    }
}
