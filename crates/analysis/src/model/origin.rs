//! Who makes a call: the program's own code, something that only passes a call on, or a library that has reasons of its own.
//!
//! A finding inside a resolver, a TLS library or a language's runtime is not the user's to mend, and most are none at all: such
//! code leaves connections half closed, probes descriptors and drops data for reasons that no recording shows. Which object
//! holds the call is all that is known here, and where that leaves a doubt, the call is a library's: then nothing is said.

use super::Program;

/// Who made a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The program's own code, or libbsock for it.
    Program,
    /// Something that makes the calls that somebody else asks for, one by one: Python for a line of a Python file (unless an
    /// [event loop](super::event_loop) decides when), a sanitizer for the code that it checks.
    PassesOn,
    /// A library, a runtime, or nobody knows.
    Library,
}

/// Programs that run another language on an event loop of their own.
const RUNTIMES: [&str; 7] = ["node", "nodejs", "deno", "bun", "java", "beam.smp", "dotnet"];

/// Objects that stand in front of libc and pass on what the program calls.
const SANITIZERS: [&str; 6] = ["libasan.so", "libtsan.so", "liblsan.so", "libubsan.so", "libhwasan.so", "libclang_rt."];

/// What is not the user's even where it lies beside the program.
const TLS: [&str; 6] = ["libssl.", "libcrypto.", "libgnutls.", "libnss3.", "libmbedtls.", "libwolfssl."];

/// Where nothing is the user's own.
const SYSTEM: [&str; 7] = ["/usr/", "/lib/", "/lib32/", "/lib64/", "/opt/", "/nix/", "/snap/"];

impl Program {
    /// Who makes the call that returns to this address.
    #[must_use]
    pub fn origin(&self, return_address: u64) -> Origin {
        let Some(module) = self.module_at(return_address) else { return Origin::Library };
        let executable = module.path.is_empty();
        let path = if executable { &self.executable } else { &module.path };
        let begins_as = |known: &[&str]| known.iter().any(|known| name(path).starts_with(known.as_bytes()));
        let own = match executable {
            true => !RUNTIMES.iter().any(|runtime| name(path) == runtime.as_bytes()),
            false => module.transparent || self.is_beside(path) && !begins_as(&TLS),
        };
        let is_python = !module.transparent && self.is_python(path);
        if is_python && self.has_event_loop {
            Origin::Library
        } else if is_python || !module.transparent && begins_as(&SANITIZERS) {
            Origin::PassesOn
        } else if own {
            Origin::Program
        } else {
            Origin::Library
        }
    }

    /// True if the object at `path` is a part of Python that stands between a Python file and the kernel: the interpreter, a
    /// module of its library in C, or libffi on behalf of `ctypes`.
    #[must_use]
    pub fn is_python(&self, path: &[u8]) -> bool {
        let own = name(path);
        let is_module = own.windows(9).any(|part| part == b".cpython-") || own.ends_with(b".abi3.so");
        let mut all = self.modules.iter().map(|module| &*module.path).chain([&*self.executable]);
        is_module || is_interpreter(path) || own.starts_with(b"libffi.so") && all.any(is_interpreter)
    }

    /// It lies in the folder of the executable, where that is the user's: as what a project builds for itself does.
    fn is_beside(&self, path: &[u8]) -> bool {
        let of_the_system = SYSTEM.iter().any(|system| path.starts_with(system.as_bytes()));
        let folder = |path: &[u8]| path.len() - name(path).len();
        !of_the_system && folder(path) > 0 && path[..folder(path)] == self.executable[..folder(&self.executable)]
    }
}

/// `python3.11`, `libpython3.11.so.1.0`.
fn is_interpreter(path: &[u8]) -> bool {
    let name = name(path);
    let version = name.strip_prefix(b"lib").unwrap_or(name).strip_prefix(b"python");
    version.is_some_and(|rest| rest.first().is_none_or(u8::is_ascii_digit))
}

fn name(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| *byte == b'/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::module;

    /// Who makes a call in the object at `path`, in a process that runs `executable`.
    fn origin(executable: &str, path: &str) -> Origin {
        let mut program = Program { executable: executable.into(), ..Program::default() };
        program.load(&module(10, 20, path, false));
        program.origin(15)
    }

    #[test]
    fn the_executable_and_what_is_built_beside_it_are_the_program() {
        assert_eq!(origin("/home/a/server", ""), Origin::Program);
        assert_eq!(origin("/usr/sbin/nginx", ""), Origin::Program);
        assert_eq!(origin("/home/a/server", "/home/a/libwire.so"), Origin::Program);
        let mut program = Program { executable: "/home/a/server".into(), ..Program::default() };
        program.load(&module(10, 20, "/usr/local/lib/libbsock.so.0", true));
        assert_eq!(program.origin(15), Origin::Program);
        assert_eq!((program.origin(10), program.origin(0)), (Origin::Library, Origin::Library), "nobody knows");
    }

    #[test]
    fn libraries_and_runtimes_have_reasons_of_their_own() {
        for (executable, path) in [
            ("/home/a/server", "/lib/x86_64-linux-gnu/libc.so.6"),
            ("/home/a/server", "/usr/lib/x86_64-linux-gnu/libssl.so.3"),
            ("/home/a/server", "/home/a/libssl.so.3"),
            ("/home/a/server", "/home/a/miniconda3/lib/libpq.so.5"),
            ("/opt/app/server", "/opt/app/libwire.so"),
            ("server", "/libwire.so"),
            ("/usr/bin/node", ""),
            ("/home/a/.nvm/bin/node", ""),
            ("/usr/bin/ruby", "/usr/lib/libffi.so.8"),
        ] {
            assert_eq!(origin(executable, path), Origin::Library, "{path} in {executable}");
        }
    }

    #[test]
    fn python_and_sanitizers_pass_on_what_they_are_asked_for() {
        let python = "/usr/bin/python3.11";
        for (executable, path) in [
            (python, ""),
            ("/opt/app", "/lib/libpython3.11.so.1.0"),
            (python, "/lib/_socket.cpython-311-x86_64-linux-gnu.so"),
            (python, "/l/x.abi3.so"),
            (python, "/lib/libffi.so.8"),
            ("/home/a/server", "/usr/lib/x86_64-linux-gnu/libasan.so.8"),
        ] {
            assert_eq!(origin(executable, path), Origin::PassesOn, "{path} in {executable}");
        }
        assert_eq!(origin(python, "/home/a/libmine.so"), Origin::Library);
        assert_eq!(origin("/home/a/pythonic", ""), Origin::Program);
    }
}
