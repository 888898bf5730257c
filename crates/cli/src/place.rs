//! A place in a program as JSON has it: the same object in the lines of a trace and in findings (docs/trace-json.md,
//! docs/check-json.md).

use bsock_analysis::site::Location;
use serde::Serialize;

#[derive(Serialize)]
pub(crate) struct Place {
    file: Option<String>,
    line: Option<u32>,
    column: Option<u32>,
    function: Option<String>,
    module: String,
    offset: u64,
}

impl From<Location> for Place {
    fn from(location: Location) -> Self {
        let source = location.source.ok();
        Self {
            line: source.as_ref().map(|source| source.line),
            column: source.as_ref().and_then(|source| source.column),
            file: source.map(|source| source.file),
            function: location.function,
            module: location.module,
            offset: location.offset,
        }
    }
}
