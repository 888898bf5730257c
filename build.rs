//! Writes `bsock.h`, when asked to.
//!
//! An ordinary build uses the committed `include/bsock.h` and does nothing here. With the feature `header`, cbindgen
//! makes the header anew in `OUT_DIR`, and `BSOCK_HEADER` says what for: `write` puts it into the source tree, `check`
//! fails the build if the committed one is different. No other build touches the source tree.

use std::error::Error;

#[cfg(feature = "header")]
#[allow(dead_code, unreachable_pub)] // The library's own file, of which it uses all.
#[path = "src/differences.rs"]
mod differences;
#[cfg(feature = "header")]
#[allow(dead_code, unreachable_pub)] // As above.
#[path = "src/error/table.rs"]
mod table;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    // Unloading a library whose code a thread still runs, or comes back to, leaves that thread nowhere.
    println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
    header::make()
}

#[cfg(not(feature = "header"))]
mod header {
    use std::error::Error;

    pub(crate) fn make() -> Result<(), Box<dyn Error>> {
        Ok(())
    }
}

#[cfg(feature = "header")]
mod header {
    use crate::{differences, table};
    use std::error::Error;
    use std::fmt::Write;
    use std::path::Path;
    use std::{env, fs};

    const COMMITTED: &str = "include/bsock.h";
    /// The most columns of a line of the opening comment.
    const WIDTH: usize = 80;
    /// What the header consists of, in its order.
    const SOURCES: &[&str] = &[
        "socket",
        "connection",
        "transfer",
        "message",
        "option",
        "poll",
        "stream",
        "line_reader",
        "timeout",
        "text_address",
        "resolve",
        "one_step",
        "pcb",
        "errors",
        "version",
    ];

    pub(crate) fn make() -> Result<(), Box<dyn Error>> {
        for input in ["src", "cbindgen.toml", COMMITTED] {
            println!("cargo::rerun-if-changed={input}");
        }
        println!("cargo::rerun-if-env-changed=BSOCK_HEADER");
        let header = generate()?;
        fs::write(Path::new(&env::var("OUT_DIR")?).join("bsock.h"), &header)?;
        let is_current = fs::read_to_string(COMMITTED).is_ok_and(|committed| committed == header);
        match env::var("BSOCK_HEADER").as_deref() {
            Ok("write") if !is_current => Ok(fs::write(COMMITTED, header)?),
            Ok("check") if !is_current => {
                Err(format!("{COMMITTED} is not what src/capi/ says: run `make header`").into())
            }
            _ => Ok(()),
        }
    }

    fn generate() -> Result<String, Box<dyn Error>> {
        let mut config = cbindgen::Config::from_file("cbindgen.toml")?;
        config.header = config.header.map(|text| text.replace("@DIFFERENCES@", &differences_text()));
        config.after_includes = match config.after_includes {
            Some(text) => Some(with_version(&text)?.replace("@CODES@", &codes_text()?)),
            None => None,
        };
        let mut builder = cbindgen::Builder::new().with_config(config);
        for source in SOURCES {
            builder = builder.with_src(format!("src/capi/{source}.rs"));
        }
        let mut header = Vec::new();
        builder.generate()?.write(&mut header);
        with_sections(&as_c89(&String::from_utf8(header)?))
    }

    /// A comment before the first function of each file: the manual page that it is in, and what they are for. The
    /// pages (`tests/manual.rs`) are cut where these comments stand.
    fn with_sections(header: &str) -> Result<String, Box<dyn Error>> {
        let mut lines: Vec<String> = header.lines().map(str::to_owned).collect();
        for source in SOURCES {
            let text = fs::read_to_string(format!("src/capi/{source}.rs"))?;
            let names: Vec<&str> = text.split(" fn bsock_").skip(1).filter_map(|rest| rest.split('(').next()).collect();
            let declares = |line: &String| {
                let name = line.split_once('(').and_then(|(before, _)| before.rsplit([' ', '*']).next()).unwrap_or("");
                !line.starts_with([' ', '/', '#'])
                    && name.strip_prefix("bsock_").is_some_and(|name| names.contains(&name))
            };
            let first = lines.iter().position(declares).ok_or(format!("{source}.rs has no function"))?;
            let comment = lines[..first].iter().rposition(|line| line == "/**").unwrap_or(first);
            let mut section = String::from("/*\n");
            write_wrapped(&mut section, " * ", &format!("bsock_{source}(3): {}.", summary(&text)));
            section += " */\n";
            lines.splice(comment..comment, section.lines().map(str::to_owned).chain([String::new()]));
        }
        Ok(lines.join("\n") + "\n")
    }

    /// What a file is for: its first paragraph, without the names that it may begin with.
    fn summary(source: &str) -> String {
        let lines = source.lines().map_while(|line| line.strip_prefix("//! "));
        let text = lines.collect::<Vec<_>>().join(" ");
        let text = match text.split_once(": ") {
            Some((names, rest)) if names.starts_with("`bsock_") => rest,
            _ => text.as_str(),
        };
        text.replace('`', "").trim_end_matches('.').to_owned()
    }

    /// The table of differences as lines of the opening comment.
    fn differences_text() -> String {
        let mut text = String::new();
        for difference in differences::DIFFERENCES {
            let differences::Difference { name, calls, mechanism, masked, opt_out, .. } = difference;
            let first = format!("{name}: {} {mechanism};", calls.join(", "));
            let hidden = format!("hidden from results: {masked};");
            let opt_out = format!("to do without it: {opt_out}.");
            write_wrapped(&mut text, " *   ", &first);
            write_wrapped(&mut text, " *     ", &hidden);
            write_wrapped(&mut text, " *     ", &opt_out);
        }
        text
    }

    /// Words as lines of a comment that begin with `indent`; those after the first stand in a little more.
    fn write_wrapped(text: &mut String, indent: &str, words: &str) {
        let mut line = indent.to_owned();
        let mut is_empty = true;
        for word in words.split(' ') {
            if !is_empty && line.len() + 1 + word.len() > WIDTH {
                let _ = writeln!(text, "{line}");
                line = indent.to_owned() + "  ";
                is_empty = true;
            }
            line += if is_empty { "" } else { " " };
            line += word;
            is_empty = false;
        }
        let _ = writeln!(text, "{line}");
    }

    /// The table of codes as documented enumerators.
    fn codes_text() -> Result<String, Box<dyn Error>> {
        let mut lines = Vec::new();
        for row in table::CODES {
            let (name, text) = (row.name.to_str()?, row.text.to_str()?);
            lines.push(format!("    /** {text} */\n    BSOCK_{name} = {}", row.code));
        }
        for (alias, name) in table::ALIASES {
            let name = name.to_str()?;
            lines.push(format!("    /** another name of BSOCK_{name} */\n    BSOCK_{alias} = BSOCK_{name}"));
        }
        Ok(lines.join(",\n") + "\n")
    }

    fn with_version(text: &str) -> Result<String, Box<dyn Error>> {
        let part = |name: &str| env::var(format!("CARGO_PKG_VERSION_{name}"));
        let (major, minor, patch) = (part("MAJOR")?, part("MINOR")?, part("PATCH")?);
        let number = major.parse::<u32>()? * 10_000 + minor.parse::<u32>()? * 100 + patch.parse::<u32>()?;
        Ok(text
            .replace("@VERSION@", &number.to_string())
            .replace("@VERSION_STRING@", &env::var("CARGO_PKG_VERSION")?)
            .replace("@VERSION_MAJOR@", &major)
            .replace("@VERSION_MINOR@", &minor)
            .replace("@VERSION_PATCH@", &patch))
    }

    /// What cbindgen leaves to do: C89 has no `//` comments (it ends `extern "C"` with one) and no comma after the last
    /// enumerator; and a heading of Rust's documentation means nothing to a reader of C.
    fn as_c89(header: &str) -> String {
        let mut lines: Vec<String> = Vec::new();
        for line in header.lines() {
            if line.starts_with('}') {
                if let Some(previous) = lines.last_mut() {
                    previous.truncate(previous.trim_end_matches(',').len());
                }
            }
            lines.push(match line.split_once("// ") {
                Some((code, comment)) if line.starts_with(['#', '}']) => {
                    format!("{code}/* {comment} */")
                }
                _ => line.replace(" * # Safety", " * Promise:"),
            });
        }
        // Comments of one line: cbindgen always takes three.
        let text = lines.join("\n") + "\n";
        text.replace("    /**\n     * ", "    /** ").replace("\n     */\n", " */\n")
    }
}
