//! The checksums of what is read, once for all who need one.

use std::io::{self, Read};

use md5::Md5;
use sha2::{Digest, Sha256};

use crate::stamp::hex;

/// The size and both sums of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Digests {
    /// Its size in bytes.
    pub(crate) bytes: u64,
    /// Its MD5 (RFC 1321), in hexadecimal: what the national platform compares.
    pub(crate) md5: String,
    /// Its SHA-256 (FIPS 180-4), in hexadecimal.
    pub(crate) sha256: String,
}

impl Digests {
    /// Reads to the end.
    ///
    /// # Errors
    /// What the reader says.
    pub(crate) fn of(reader: &mut dyn Read) -> io::Result<Self> {
        let (mut md5, mut sha256, mut bytes) = (Md5::new(), Sha256::new(), 0);
        let mut buffer = vec![0; 1 << 20];
        loop {
            let n = reader.read(&mut buffer)?;
            if n == 0 {
                return Ok(Self {
                    bytes,
                    md5: hex(&md5.finalize()),
                    sha256: hex(&sha256.finalize()),
                });
            }
            md5.update(&buffer[..n]);
            sha256.update(&buffer[..n]);
            bytes += n as u64;
        }
    }
}
