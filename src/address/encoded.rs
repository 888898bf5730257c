//! The way back: an address as bytes in the kernel's layout.

use super::{Address, FAMILY, IPV4_ADDRESS, IPV6_ADDRESS, IPV6_SCOPE, PORT, UNIX_PATH};

/// As many bytes as `struct sockaddr_storage` has, which every address fits.
pub(crate) const STORAGE_BYTES: usize = size_of::<libc::sockaddr_storage>();
/// As long as a path of the UNIX family can be.
pub(crate) const LONGEST_PATH: usize = size_of::<libc::sockaddr_un>() - UNIX_PATH;

/// Bytes of an address in the kernel's layout, as they are put together.
pub(crate) struct Encoded {
    bytes: [u8; STORAGE_BYTES],
    length: usize,
}

impl Encoded {
    /// The bytes of an address that has a form. `Other` has none, and neither has a path that is too long.
    pub(crate) fn new(address: &Address<'_>) -> Option<Self> {
        let mut encoded = Self { bytes: [0; STORAGE_BYTES], length: 0 };
        encoded.put(FAMILY, &u16::try_from(address.family()).ok()?.to_ne_bytes());
        match address {
            Address::V4 { host, port } => {
                encoded.put(PORT, &port.to_be_bytes());
                encoded.put(IPV4_ADDRESS, host);
                encoded.length = size_of::<libc::sockaddr_in>();
            }
            Address::V6 { host, port, scope } => {
                encoded.put(PORT, &port.to_be_bytes());
                encoded.put(IPV6_ADDRESS, host);
                encoded.put(IPV6_SCOPE, &scope.to_ne_bytes());
                encoded.length = size_of::<libc::sockaddr_in6>();
            }
            Address::UnixUnnamed => {}
            // The kernel wants the NUL where there is room for one, and a path of full length without.
            Address::UnixPath(path) if path.len() < LONGEST_PATH => {
                encoded.put(UNIX_PATH, path);
                encoded.length += 1;
            }
            Address::UnixPath(path) if path.len() == LONGEST_PATH => encoded.put(UNIX_PATH, path),
            Address::UnixAbstract(name) if name.len() < LONGEST_PATH => encoded.put(UNIX_PATH + 1, name),
            Address::UnixPath(_) | Address::UnixAbstract(_) | Address::Other(_) => return None,
        }
        Some(encoded)
    }

    /// The address with zeros behind it, and how long it is.
    pub(crate) fn storage(&self) -> (&[u8; STORAGE_BYTES], usize) {
        (&self.bytes, self.length)
    }

    fn put(&mut self, offset: usize, part: &[u8]) {
        for (place, byte) in self.bytes.iter_mut().skip(offset).zip(part) {
            *place = *byte;
        }
        self.length = offset + part.len();
    }
}
