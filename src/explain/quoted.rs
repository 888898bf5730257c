//! Bytes that are mostly text, as an explanation shows them: paths and names in every language as they are, and what is
//! no text, or would spoil the line, by its number.

use core::fmt::{self, Write};

/// The bytes between the quotation marks.
pub(super) struct Quoted<'a>(pub(super) &'a [u8]);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in self.0.utf8_chunks() {
            for character in part.valid().chars() {
                match character {
                    '"' | '\\' => write!(formatter, "\\{character}")?,
                    // Every control character, of which those above 0x7f are two bytes, too.
                    _ if character.is_control() => {
                        write_bytes(formatter, character.encode_utf8(&mut [0; 4]).as_bytes())?
                    }
                    _ => formatter.write_char(character)?,
                }
            }
            write_bytes(formatter, part.invalid())?;
        }
        Ok(())
    }
}

fn write_bytes(formatter: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(formatter, "\\x{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_and_the_rest_becomes_numbers() {
        assert_eq!(Quoted("/tmp/复读机 é".as_bytes()).to_string(), "/tmp/复读机 é");
        assert_eq!(Quoted(b"a\"b\\c\n\0\xff\xe5\xa4").to_string(), "a\\\"b\\\\c\\x0a\\x00\\xff\\xe5\\xa4");
        assert_eq!(Quoted("\u{9b}31m".as_bytes()).to_string(), "\\xc2\\x9b31m");
    }
}
