//! Arrays of numbers in files that `NumPy` maps as they are (format 1.0, little-endian, C order).

use std::fs;
use std::io::{BufWriter, Write};
use std::path::Path;

use crate::Outcome;

/// A kind of number that a file may hold.
pub(crate) trait Number: Copy {
    /// Its name in the header.
    const NAME: &'static str;
    /// Its bytes, little-endian.
    fn put(self, out: &mut impl Write) -> std::io::Result<()>;
    /// The number in these bytes.
    fn get(bytes: &[u8]) -> Self;
}

macro_rules! number {
    ($kind:ty, $name:literal) => {
        impl Number for $kind {
            const NAME: &'static str = $name;
            fn put(self, out: &mut impl Write) -> std::io::Result<()> {
                out.write_all(&self.to_le_bytes())
            }
            fn get(bytes: &[u8]) -> Self {
                Self::from_le_bytes(bytes.try_into().expect("as many bytes as the type has"))
            }
        }
    };
}

number!(u8, "|u1");
number!(i32, "<i4");
number!(i64, "<i8");

/// Writes numbers of a shape.
pub(crate) fn write<T: Number>(
    path: &Path,
    shape: &[usize],
    numbers: impl Iterator<Item = T>,
) -> Outcome<()> {
    let shape: Vec<String> = shape.iter().map(usize::to_string).collect();
    let shape = shape.join(", ") + ",";
    let about = format!("{{'descr': '{}', 'fortran_order': False, 'shape': ({shape})}}", T::NAME);
    // The header ends with a line feed and is padded so that the numbers start at 128.
    let mut out = BufWriter::new(fs::File::create(path)?);
    out.write_all(b"\x93NUMPY\x01\x00\x76\x00")?;
    writeln!(out, "{about:<117}")?;
    for number in numbers {
        number.put(&mut out)?;
    }
    out.flush()?;
    Ok(())
}

/// Reads the numbers of a file that `write` made, row after row.
pub(crate) fn read<T: Number>(path: &Path) -> Outcome<Vec<T>> {
    let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let is_ours = bytes.get(10..128).is_some_and(|header| {
        String::from_utf8_lossy(header).contains(&format!("'descr': '{}'", T::NAME))
    });
    if !is_ours {
        return Err(format!("{}: no array of {}", path.display(), T::NAME).into());
    }
    Ok(bytes[128..].chunks_exact(size_of::<T>()).map(T::get).collect())
}
