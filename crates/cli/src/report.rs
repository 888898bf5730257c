//! Shows what an analysis found. A format is a file here; none of them decides anything.

mod json;
mod snippet;
mod text;

pub(crate) use self::json::json;
pub(crate) use self::text::text;

#[cfg(test)]
mod tests;
