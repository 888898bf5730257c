//! Compiles the table of cases for `bsock compare`, and has the command carry it in itself.
//!
//! The rows are those of `tests/conformance/calls`: there is no second list. Who has the command has them, without a C
//! compiler, a source tree or a file that must be found, and never those of another version. The same object is linked as
//! a program for calls from C, and as a library for Python, which cannot load a program.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let manifest = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let (table, runner) = (manifest.join("../../tests/conformance"), manifest.join("cases"));
    for input in [&table.join("conformance.h"), &table.join("run.h"), &table.join("calls"), &runner] {
        println!("cargo::rerun-if-changed={}", input.display());
    }
    let source = out.join("cases.c");
    fs::write(&source, all_rows(&table)?)?;

    // Each row is a constructor and a function of its own: more optimisation takes long and changes nothing in the call.
    let mut compiler = cc::Build::new();
    compiler.file(&source).include(&table).include(&runner).flag("-pthread").pic(true).opt_level(1).debug(false);
    let objects = compiler.warnings(true).extra_warnings(true).try_compile_intermediates()?;
    for (kind, name) in [("-pie", "cases"), ("-shared", "cases.so")] {
        let mut linker = compiler.get_compiler().to_command();
        let linked = linker.args(&objects).args([kind, "-s", "-pthread", "-o"]).arg(out.join(name)).status()?;
        if !linked.success() {
            return Err(format!("{linker:?} ends with {linked}").into());
        }
    }
    Ok(())
}

/// One source of all rows and of the runner, as `tests/support/conformance.rs` makes it for the tests.
fn all_rows(table: &Path) -> Result<String, Box<dyn Error>> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(table.join("calls"))?.map(|entry| Ok(entry?.path())).collect::<Result<_, std::io::Error>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "c"));
    files.sort();
    let mut source = "#define THROUGH_TABLE\n#include \"conformance.h\"\n#include \"pass_on.h\"\n".to_owned();
    for file in files {
        source += &format!("#include \"calls/{}\"\n", file.file_name().unwrap_or_default().display());
    }
    Ok(source + "#include \"runner.c\"\n")
}
