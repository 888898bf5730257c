//! An IPv6 address as text, in the recommended form of RFC 5952.
//!
//! `core::net` could do it, but its formatting contains paths that panic, and a library without any needs none of the
//! machinery of panics: no heap, no locks, no thread-local state beside its own. A test compares the two.

use core::fmt;

/// The sixteen bytes, in network order.
pub(crate) struct Ipv6<'a>(pub(crate) &'a [u8; 16]);

/// The prefix of an IPv4 address in IPv6 clothes.
const MAPPED_IPV4: [u8; 12] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

impl Ipv6<'_> {
    /// The eight groups.
    fn groups(&self) -> impl Iterator<Item = u16> + '_ {
        self.0.chunks_exact(2).map(|pair| match pair {
            [high, low] => u16::from_be_bytes([*high, *low]),
            _ => 0,
        })
    }

    /// Where the first of the longest runs of zero groups begins and ends; one group alone is not left out.
    fn longest_zeros(&self) -> (usize, usize) {
        let mut longest = (0, 0);
        let mut begin = 0;
        for (index, group) in self.groups().enumerate() {
            if group != 0 {
                begin = index + 1;
            } else if index + 1 - begin > longest.1 - longest.0 {
                longest = (begin, index + 1);
            }
        }
        if longest.1 - longest.0 > 1 { longest } else { (usize::MAX, usize::MAX) }
    }
}

impl fmt::Display for Ipv6<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some([a, b, c, d]) = self.0.strip_prefix(&MAPPED_IPV4) {
            return write!(formatter, "::ffff:{a}.{b}.{c}.{d}");
        }
        let (begin, end) = self.longest_zeros();
        for (index, group) in self.groups().enumerate() {
            match index {
                _ if index == begin => formatter.write_str("::")?,
                _ if begin < index && index < end => {}
                _ if index == 0 || index == end => write!(formatter, "{group:x}")?,
                _ => write!(formatter, ":{group:x}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::net::Ipv6Addr;

    #[test]
    fn every_pattern_of_zero_groups_reads_as_in_the_standard_library() {
        for zeros in 0..256_u32 {
            let groups = core::array::from_fn::<u16, 8, _>(|i| if zeros >> i & 1 == 1 { 0 } else { 0xa0 + i as u16 });
            let address = Ipv6Addr::from(groups);
            assert_eq!(Ipv6(&address.octets()).to_string(), address.to_string());
        }
        let mapped = Ipv6Addr::from([0, 0, 0, 0, 0, 0xffff, 0x7f00, 1]);
        assert_eq!(Ipv6(&mapped.octets()).to_string(), mapped.to_string());
    }
}
