//! Calls of Python programs. What makes the call is the interpreter, a module of its library in C, or libffi on behalf of
//! `ctypes`; a line of their sources is true and of no use, and must not be taken for the user's.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use bsock_analysis::model::Program;

/// True if the object at `path` is a part of Python that stands between a Python file and the kernel in `program`.
pub(super) fn is_machinery(program: &Program, path: &Path) -> bool {
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let own = name(path);
    if is_interpreter(&own) || own.contains(".cpython-") || own.ends_with(".abi3.so") {
        return true;
    }
    let modules = program.modules.iter().map(|module| Path::new(OsStr::from_bytes(&module.path)));
    let executable = Path::new(OsStr::from_bytes(&program.executable));
    own.starts_with("libffi.so") && modules.chain([executable]).any(|path| is_interpreter(&name(path)))
}

/// `python3.11`, `libpython3.11.so.1.0`.
fn is_interpreter(name: &str) -> bool {
    let version = name.strip_prefix("lib").unwrap_or(name).strip_prefix("python");
    version.is_some_and(|rest| rest.is_empty() || rest.starts_with(|first: char| first.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(executable: &str) -> Program {
        #[allow(clippy::field_reassign_with_default, reason = "it has fields that are not for everybody")]
        let mut program = Program::default();
        program.executable = executable.into();
        program
    }

    #[test]
    fn the_interpreter_and_its_modules_are_no_place_of_the_user() {
        let machinery = |executable: &str, path: &str| is_machinery(&program(executable), Path::new(path));
        let python = "/usr/bin/python3.11";
        assert!(machinery(python, python) && machinery("/opt/app", "/lib/libpython3.11.so.1.0"));
        assert!(machinery(python, "/lib/_socket.cpython-311-x86_64-linux-gnu.so") && machinery(python, "/l/x.abi3.so"));
        assert!(machinery(python, "/lib/libffi.so.8"));
        assert!(!machinery("/usr/bin/ruby", "/lib/libffi.so.8"));
        assert!(!machinery(python, "/home/a/libmine.so") && !machinery("/a", "/bin/pythonic"));
    }
}
