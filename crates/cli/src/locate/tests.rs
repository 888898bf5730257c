//! Lines of real programs, compiled here, and a real frame, unwound.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use bsock_analysis::model::Program;
use bsock_analysis::site::{Locate as _, Location, NoSource, Site};
use bsock_analysis::{Analysis, rules};
use bsock_recording::event::{Event, Module, Outcome, Thread, What};
use bsock_recording::function::Function;
use object::{Object as _, ObjectSymbol as _};
use tempfile::TempDir;

use super::Locator;

const BASE: u64 = 0x7000_0000;
const LIBRARY: u64 = 0x9000_0000;

/// A function that calls through a frame of its own, as a function of libbsock does.
const SOURCE: &str = "\
extern int target(volatile char *);

int outer(int n) {
    volatile char room[40];
    room[n] = 1;
    return target(room) + room[n];
}
";

/// A folder that goes when the test ends.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::write(folder.path().join("outer.c"), SOURCE).expect("a source file");
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// An object from the source, compiled with these options.
    fn compile(&self, name: &str, options: &[&str]) -> PathBuf {
        let object = self.path().join(name);
        let compiler = Command::new("cc")
            .args(["-shared", "-fPIC", "-O2", "-Wl,--build-id", "-o"])
            .arg(&object)
            .arg(self.path().join("outer.c"))
            .args(options)
            .status();
        assert!(compiler.expect("a C compiler: apt-get install gcc").success());
        object
    }
}

/// Where `outer` begins in the file, the file's build identity, and the offset behind its call.
fn examine(object: &Path) -> (Vec<u8>, u64) {
    let bytes = fs::read(object).expect("the object");
    let file = object::File::parse(&*bytes).expect("an object");
    let outer = file.symbols().find(|symbol| symbol.name() == Ok("outer")).expect("outer");
    let (start, size) = (outer.address() as usize, outer.size() as usize);
    let call = bytes[start..start + size].iter().position(|byte| *byte == 0xe8).expect("a call");
    (file.build_id().expect("notes").expect("an identity").to_vec(), (start + call + 5) as u64)
}

fn module(base: u64, path: &Path, build_id: &[u8], transparent: bool) -> Module {
    let path = path.to_str().expect("a path").as_bytes().to_vec();
    Module { start: base, end: base + 0x10_0000, bias: base, path, build_id: build_id.to_vec(), transparent }
}

fn site(modules: Vec<Module>, caller: u64, stack: Vec<u8>) -> Site {
    let mut program = Program::default();
    program.modules.extend(modules.into_iter().map(Arc::new));
    Site { program: Arc::new(program), caller, stack, outer: Vec::new(), function: "target", told: None }
}

fn line(location: Option<Location>) -> Result<(String, u32), NoSource> {
    let location = location.expect("a place");
    assert_eq!(location.function.as_deref(), Some("outer"));
    location.source.map(|source| (source.file, source.line))
}

#[test]
fn a_call_is_found_in_its_line_and_without_debug_information_in_its_function() {
    let folder = Folder::new();
    for (options, expected) in [(&["-g"][..], Ok(6)), (&[], Err(NoSource::NoDebugInformation))] {
        let object = folder.compile("program.so", options);
        let (build_id, offset) = examine(&object);
        let place = Locator::default().innermost(&site(
            vec![module(BASE, &object, &build_id, false)],
            BASE + offset,
            Vec::new(),
        ));
        let found = line(place).map(|(file, line)| {
            assert!(file.ends_with("/outer.c"), "{file}");
            line
        });
        assert_eq!(found, expected);
    }
}

#[test]
fn a_program_that_was_rebuilt_or_is_gone_gives_no_line() {
    let folder = Folder::new();
    let object = folder.compile("program.so", &["-g"]);
    let source = |build_id: &[u8], path: &Path| {
        let place =
            Locator::default().innermost(&site(vec![module(BASE, path, build_id, false)], BASE + 9, Vec::new()));
        place.map(|place| place.source)
    };
    assert_eq!(source(b"another", &object), Some(Err(NoSource::Rebuilt)));
    assert_eq!(source(b"", &folder.path().join("gone")), Some(Err(NoSource::Unreadable)));
    assert_eq!(source(b"", folder.path()), Some(Err(NoSource::Unreadable)));
    assert_eq!(source(b"", &folder.path().join("outer.c")), Some(Err(NoSource::Unreadable)));
}

/// A trace asks for the place of every call. A file is asked once for each place, however many calls are made there.
#[test]
fn lookups_are_as_many_as_callers_however_many_the_calls() {
    let folder = Folder::new();
    let (program, library) = (folder.compile("program.so", &["-g"]), folder.compile("library.so", &[]));
    let ((program_id, program_call), (library_id, library_call)) = (examine(&program), examine(&library));
    let modules = || vec![module(BASE, &program, &program_id, false), module(LIBRARY, &library, &library_id, true)];
    let plain = |index: u64| site(modules(), BASE + program_call - index % 3, Vec::new());
    let through_the_library = |_| site(modules(), LIBRARY + library_call, vec![0; 128]);

    let locator = Locator::default();
    let asked = |site: &dyn Fn(u64) -> Site| {
        let before = locator.lookups();
        (0..10_000).for_each(|index| drop(locator.innermost(&site(index))));
        locator.lookups() - before
    };
    assert_eq!(asked(&plain), 3, "the lines of three callers");
    assert_eq!(asked(&plain), 0, "they are known");
    assert_eq!(asked(&through_the_library), 1, "the extent of one frame");
    let recorded = |index| Site { stack: vec![0; 128], ..plain(index) };
    assert_eq!(asked(&recorded), 0, "nobody asks who called the caller");
    let frames = |index| drop(locator.frames(&recorded(index)));
    let before = locator.lookups();
    (0..10_000).for_each(frames);
    assert_eq!(locator.lookups() - before, 3, "findings ask, as seldom");
}

#[test]
fn a_place_is_that_of_the_code_that_is_there_now() {
    let folder = Folder::new();
    let objects = ["first.so", "second.so", "third.so"].map(|name| folder.compile(name, &["-g"]));
    let (_, offset) = examine(&objects[0]);
    let shown = |path: &Path| Some(path.to_str().expect("a path").to_owned());
    let (mut analysis, locator) = (Analysis::new(&rules::ALL[..0]), Locator::default());
    let mut place_after = |image, what| {
        let thread = Thread { process: 7, thread: 7, image };
        analysis.event(&Event { thread, begin: 1, end: 2, what });
        let call = crate::call_text::tests::call(Function::Send, 3, [0; 3], Outcome::Returned(0));
        let process = analysis.model().process(thread).expect("a process");
        let site = Site { caller: BASE + offset, ..Site::of(process.program(), &call) };
        locator.innermost(&site).map(|place| place.module)
    };
    let load = |path: &Path| What::Module(Box::new(module(BASE, path, &[], false)));
    assert_eq!(place_after(1, load(&objects[0])), shown(&objects[0]));
    assert_eq!(place_after(1, load(&objects[1])), shown(&objects[1]), "other code was mapped there");
    assert_eq!(place_after(2, What::Lost(1)), None, "another program was executed, and nothing is mapped");
    assert_eq!(place_after(2, load(&objects[2])), shown(&objects[2]));
}

#[cfg(target_arch = "x86_64")]
#[test]
fn a_transparent_caller_is_unwound_to_the_program_s_own_call() {
    let folder = Folder::new();
    let program = folder.compile("program.so", &["-g"]);
    let library = folder.compile("library.so", &["-fomit-frame-pointer"]);
    let ((program_id, program_call), (library_id, library_call)) = (examine(&program), examine(&library));
    let modules = || vec![module(BASE, &program, &program_id, false), module(LIBRARY, &library, &library_id, true)];

    // The stack when `target` begins: its return address into `outer` of the library, that one's frame, its return
    // address into `outer` of the program. The frame's size is what the compiler chose, so the return address is tried
    // at each place.
    let found: Vec<usize> = (1..32)
        .filter(|words| {
            let mut stack = vec![0; 8 * words];
            stack[..8].copy_from_slice(&(LIBRARY + library_call).to_ne_bytes());
            stack.extend((BASE + program_call).to_ne_bytes());
            let place = Locator::default().innermost(&site(modules(), LIBRARY + library_call, stack.clone()));
            stack.truncate(stack.len() - 1);
            let cut = Locator::default().innermost(&site(modules(), LIBRARY + library_call, stack));
            assert_eq!(cut, None, "half an address is none");
            place.is_some_and(|place| line(Some(place)).is_ok_and(|(_, line)| line == 6))
        })
        .collect();
    assert_eq!(found.len(), 1, "only one place holds the return address: {found:?}");
    assert!(found[0] >= 6, "the frame holds at least the array: {found:?}");

    let framed = folder.compile("framed.so", &["-fno-omit-frame-pointer"]);
    let (framed_id, framed_call) = examine(&framed);
    let modules = vec![module(BASE, &program, &program_id, false), module(LIBRARY, &framed, &framed_id, true)];
    let stack = vec![0x70; 256];
    assert_eq!(
        Locator::default().innermost(&site(modules, LIBRARY + framed_call, stack)),
        None,
        "no stack pointer, no answer"
    );
}

/// The recorder follows what seems to be a frame pointer; only the table knows whether it is one.
#[test]
fn a_route_is_believed_as_far_as_functions_have_frame_pointers() {
    let folder = Folder::new();
    for (options, known) in [(&["-g", "-fno-omit-frame-pointer"][..], 2), (&["-g", "-fomit-frame-pointer"], 1)] {
        let object = folder.compile("program.so", options);
        let (build_id, call) = examine(&object);
        let outer = vec![BASE + call; 2];
        let site = |outer, build_id: &[u8]| {
            let modules = vec![module(BASE, &object, build_id, false)];
            Site { outer, ..self::site(modules, BASE + call, Vec::new()) }
        };
        let frames = |site: &Site| Locator::default().frames(site).len();
        assert_eq!(frames(&site(Vec::new(), &build_id)), 1);
        assert_eq!(frames(&site(outer[..1].to_vec(), &build_id)), known, "{options:?}");
        assert_eq!(frames(&site(outer.clone(), &build_id)), 2 * known - 1, "{options:?}");
        assert_eq!(frames(&site(outer, b"another build")), 1, "of another file nothing is known");
    }
}

#[test]
fn damaged_objects_give_no_answer_and_no_panic() {
    let folder = Folder::new();
    let object = folder.compile("program.so", &["-g"]);
    let (_, offset) = examine(&object);
    let whole = fs::read(&object).expect("the object");
    let damaged = folder.path().join("damaged.so");
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    for _ in 0..300 {
        let mut bytes = whole.clone();
        for _ in 0..40 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let index = state as usize % bytes.len();
            bytes[index] = (state >> 40) as u8;
        }
        bytes.truncate(bytes.len() - (state as usize >> 20) % 200);
        fs::write(&damaged, bytes).expect("a temporary file");
        for transparent in [false, true] {
            let site = site(vec![module(BASE, &damaged, &[], transparent)], BASE + offset, vec![0x70; 512]);
            let _ = Locator::default().innermost(&site);
        }
    }
}
