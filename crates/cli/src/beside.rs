//! Finds the libraries that belong to the command: beside it where they were built, below `lib` where they are installed.

use std::path::{Path, PathBuf};

/// The library `name`: what `variable` names, the one in the command's folder, or in one of these folders seen from there.
pub(crate) fn find(name: &str, folders: &[&str], variable: &str) -> Result<PathBuf, String> {
    if let Some(path) = std::env::var_os(variable) {
        return Ok(path.into());
    }
    let command = std::env::current_exe().map_err(|error| format!("cannot find out where bsock itself is: {error}"))?;
    let here = command.parent().unwrap_or(Path::new("/"));
    let mut places = vec![here.join(name)];
    places.extend(folders.iter().map(|folder| here.join(folder).join(name)));
    let found = places.iter().find(|place| place.exists()).and_then(|place| place.canonicalize().ok());
    found.ok_or_else(|| {
        let places: Vec<String> = places.iter().map(|place| place.display().to_string()).collect();
        format!("{name} is not there ({}); build it with `make`, or name it in {variable}", places.join(", "))
    })
}
