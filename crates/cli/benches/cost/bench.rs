//! What is measured with: the built command and libraries, and the C programs, compiled into a directory that goes at the end.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

pub(crate) struct Bench {
    artefacts: PathBuf,
    /// For files that a measurement leaves.
    work: TempDir,
    pub(crate) calls: PathBuf,
    pub(crate) library_calls: PathBuf,
    pub(crate) other_calls: PathBuf,
    pub(crate) traffic: PathBuf,
    pub(crate) threads: PathBuf,
}

impl Bench {
    pub(crate) fn prepare() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository");
        let artefacts = std::env::var_os("BSOCK_ARTEFACTS").map_or_else(|| root.join("target/release"), PathBuf::from);
        let work = tempfile::Builder::new().prefix("bsock-bench-").tempdir().expect("a temporary directory");
        let compile = |name: &str, source: &str, flags: &[String]| {
            let (program, source) = (work.path().join(name), root.join("benches").join(source));
            let status = Command::new("cc").args(["-O2", "-o"]).arg(&program).arg(&source).args(flags).status();
            assert!(status.is_ok_and(|status| status.success()), "cc fails");
            program
        };
        let library = [
            "-DWITH_BSOCK".to_owned(),
            format!("-I{}", root.join("include").display()),
            format!("-L{}", artefacts.display()),
            "-lbsock".to_owned(),
            format!("-Wl,--disable-new-dtags,-rpath,{}", artefacts.display()),
        ];
        let (calls, library_calls) = (compile("calls", "calls.c", &[]), compile("library-calls", "calls.c", &library));
        let (other_calls, traffic) =
            (compile("other-calls", "other_calls.c", &[]), compile("traffic", "traffic.c", &["-g".to_owned()]));
        let threads = compile("threads", "threads.c", &["-pthread".to_owned()]);
        Self { artefacts, work, calls, library_calls, other_calls, traffic, threads }
    }

    /// A directory of the benchmark's own; removed when it ends.
    pub(crate) fn work(&self) -> &Path {
        self.work.path()
    }

    /// The command `bsock`.
    pub(crate) fn bsock(&self) -> PathBuf {
        self.artefacts.join("bsock")
    }

    /// The recorder.
    pub(crate) fn recorder(&self) -> PathBuf {
        self.artefacts.join("libbsock_preload.so")
    }

    /// The command `bsock`, about to run something without writing anything down.
    pub(crate) fn bsock_run(&self) -> Command {
        let mut command = Command::new(self.bsock());
        command.args(["run", "--"]);
        command
    }
}
