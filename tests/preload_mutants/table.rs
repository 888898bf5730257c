//! The mutants: mistakes in the recorder and in the command, and the test that turns red for each. With the numbers of the
//! promises that a mistake breaks (`tests/requirements/table.rs`), whose pages name it; and why some promises have none.
#![allow(dead_code)] // Each of the two test programs that have the table uses a part.

/// A mistake, and the test that notices.
pub(crate) struct Mutant {
    /// The promises that it breaks. The test is one of theirs.
    pub(crate) numbers: &'static [u32],
    pub(crate) name: &'static str,
    pub(crate) edits: &'static [Edit],
    pub(crate) noticed_by: Test,
}

/// A piece of a file, and what the mistake makes of it.
pub(crate) struct Edit {
    pub(crate) file: &'static str,
    pub(crate) right: &'static str,
    pub(crate) wrong: &'static str,
}

const fn edit(file: &'static str, right: &'static str, wrong: &'static str) -> Edit {
    Edit { file, right, wrong }
}

/// A test: the file from the root on, and the function in it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Test {
    pub(crate) file: &'static str,
    pub(crate) name: &'static str,
}

pub(crate) const fn test(file: &'static str, name: &'static str) -> Test {
    Test { file, name }
}

impl Test {
    /// Its file's name without the ending: the test program, where it is one of `tests/`.
    pub(crate) fn stem(&self) -> &'static str {
        let name = self.file.rsplit('/').next().unwrap_or_default();
        name.strip_suffix(".rs").unwrap_or(name)
    }

    /// The package of which it is a test within the source; `None` for those of `tests/`, which are given artefacts.
    pub(crate) fn package(&self) -> Option<&'static str> {
        match self.file.strip_prefix("crates/")?.split('/').next()? {
            "recording" => Some("bsock-recording"),
            "analysis" => Some("bsock-analysis"),
            other => panic!("{other} is a crate without a library"),
        }
    }

    /// What its test program knows it by.
    pub(crate) fn path(&self) -> String {
        let Some((_, source)) = self.file.split_once("/src/") else { return self.name.to_owned() };
        let module = source.trim_end_matches(".rs").replace('/', "::");
        format!("{}::tests::{}", module.trim_end_matches("::tests"), self.name)
    }
}

const LIB: &str = "crates/preload/src/lib.rs";
const NEXT: &str = "crates/preload/src/next.rs";
const CALL: &str = "crates/preload/src/call.rs";
const TRANSFER: &str = "crates/preload/src/transfer.rs";
const MESSAGES: &str = "crates/preload/src/messages.rs";
const SOCKETS: &str = "crates/preload/src/sockets.rs";
const MEMORY: &str = "crates/preload/src/memory.rs";
const THREAD: &str = "crates/preload/src/thread.rs";
const PROCESS: &str = "crates/preload/src/process.rs";
const LIFE: &str = "crates/preload/src/life.rs";
const LINKING: &str = "crates/preload/build.rs";
const WRITER: &str = "crates/recording/src/writer.rs";
const DRAIN: &str = "crates/recording/src/drain.rs";
const DRAINED: &str = "crates/recording/src/drain/tests.rs";
const COMMANDS_PRELOAD: &str = "crates/cli/src/preload.rs";
const COMMANDS_ELF: &str = "crates/cli/src/elf.rs";

const LIBC: Test = test("tests/conformance.rs", "recorded_it_is_libc_15_19_21_22_23_28_56");
const CHANGES_NOTHING: Test =
    test("tests/preload.rs", "what_a_recorder_could_change_it_does_not_14_15_19_21_22_28_30_31_34_35_36");

/// In the order of what they break, but for the first, which other suites miss.
pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        numbers: &[19],
        name: "errno is set though the call succeeds",
        edits: &[edit(
            CALL,
            "    line.result = outcome(result);\n}",
            "    line.result = outcome(result);\n    if result.number() >= 0 {\n        unsafe { *libc::__errno_location() = libc::ENOENT };\n    }\n}",
        )],
        noticed_by: LIBC,
    },
    Mutant {
        numbers: &[28],
        name: "a receive that a signal interrupts is tried again",
        edits: &[
            edit(
                TRANSFER,
                "fn received(function: Function, fd: c_int, args: [u64; 3], frame: Frame, real: impl FnOnce() -> isize) -> isize {",
                "fn received(function: Function, fd: c_int, args: [u64; 3], frame: Frame, mut real: impl FnMut() -> isize) -> isize {",
            ),
            edit(
                TRANSFER,
                "    let result = real();\n    call.returned(result);\n    match &waiting {",
                "    let mut result = real();\n    while result < 0 && unsafe { *libc::__errno_location() } == libc::EINTR {\n        result = real();\n    }\n    call.returned(result);\n    match &waiting {",
            ),
            edit(
                TRANSFER,
                "    real: impl FnOnce() -> isize,\n) -> isize {\n    if address.is_null() {",
                "    real: impl FnMut() -> isize,\n) -> isize {\n    let mut real = real;\n    if address.is_null() {",
            ),
        ],
        noticed_by: LIBC,
    },
    Mutant {
        numbers: &[15],
        name: "a receive is a system call of the recorder's, and no cancellation point",
        edits: &[edit(
            TRANSFER,
            "real!(recv as RecvType, fd, buffer, length, flags)",
            "unsafe { libc::syscall(libc::SYS_recvfrom, fd, buffer, length, flags, 0, 0) as isize }",
        )],
        noticed_by: LIBC,
    },
    Mutant {
        numbers: &[19, 56],
        name: "errno is another one than libc's",
        edits: &[edit(
            CALL,
            "    line.result = outcome(result);\n}",
            "    line.result = outcome(result);\n    if line.result == -i64::from(libc::EBADF) {\n        unsafe { *libc::__errno_location() = libc::EINVAL };\n    }\n}",
        )],
        noticed_by: LIBC,
    },
    Mutant {
        numbers: &[22],
        name: "the length of an address is not filled in",
        edits: &[edit(
            SOCKETS,
            "real!(accept as AcceptType, fd, address, length)",
            "{\n        let mut own = room.unwrap_or(0);\n        let length = if length.is_null() { length } else { &raw mut own };\n        real!(accept as AcceptType, fd, address, length)\n    }",
        )],
        noticed_by: LIBC,
    },
    Mutant {
        numbers: &[23, 56],
        name: "MSG_PEEK is dropped",
        edits: &[edit(
            TRANSFER,
            "real!(recv as RecvType, fd, buffer, length, flags)",
            "real!(recv as RecvType, fd, buffer, length, flags & !libc::MSG_PEEK)",
        )],
        noticed_by: LIBC,
    },
    Mutant {
        numbers: &[31],
        name: "a signal stays blocked",
        edits: &[edit(
            CALL,
            "        let writer = thread::writer(frame.address())?;",
            "        let writer = thread::writer(frame.address())?;\n        let blocked = 1_u64 << (libc::SIGPIPE - 1);\n        unsafe { libc::syscall(libc::SYS_rt_sigprocmask, libc::SIG_BLOCK, &raw const blocked, 0, 8) };",
        )],
        noticed_by: test("tests/fidelity.rs", "nothing_around_the_program_is_the_recorders_30_31"),
    },
    Mutant {
        numbers: &[30, 31],
        name: "the recorder keeps a descriptor open",
        edits: &[edit(
            PROCESS,
            "    let control = pool.control();\n    if shared",
            "    let control = pool.control();\n    unsafe { libc::open(c\"/dev/null\".as_ptr(), libc::O_RDONLY) };\n    if shared",
        )],
        noticed_by: CHANGES_NOTHING,
    },
    Mutant {
        numbers: &[14],
        name: "a lock is held across the call, and a cancelled thread keeps it",
        edits: &[edit(
            TRANSFER,
            "    let result = real();\n    call.returned(result);\n    match &waiting {",
            "    static HELD: core::sync::atomic::AtomicBool = core::sync::atomic::AtomicBool::new(false);\n    if HELD.swap(true, core::sync::atomic::Ordering::SeqCst) {\n        unsafe { libc::abort() };\n    }\n    let result = real();\n    HELD.store(false, core::sync::atomic::Ordering::SeqCst);\n    call.returned(result);\n    match &waiting {",
        )],
        noticed_by: CHANGES_NOTHING,
    },
    Mutant {
        numbers: &[21],
        name: "the program's pointers are believed",
        edits: &[edit(
            MEMORY,
            "        Use::Doubtful => on_our_stack",
            "        Use::Doubtful => address.addr() < 1 << 47 || on_our_stack",
        )],
        noticed_by: CHANGES_NOTHING,
    },
    Mutant {
        numbers: &[21],
        name: "what was sent is read after the call, though another thread may have unmapped it",
        edits: &[edit(MEMORY, "        Use::Read => is_alone() ||", "        Use::Read => true ||")],
        noticed_by: test("tests/fidelity.rs", "what_the_other_end_has_may_be_unmapped_before_the_call_returns_21"),
    },
    Mutant {
        numbers: &[22],
        name: "more of an address is read than there was room for",
        edits: &[edit(SOCKETS, "room.min(length) as usize,", "room.max(length) as usize,")],
        noticed_by: test("tests/fidelity.rs", "of_an_address_no_more_is_read_than_there_was_room_for_22"),
    },
    Mutant {
        numbers: &[20],
        name: "a length is cut to 32 bits",
        edits: &[edit(
            TRANSFER,
            "real!(recv as RecvType, fd, buffer, length, flags)",
            "real!(recv as RecvType, fd, buffer, length as u32 as usize, flags)",
        )],
        noticed_by: test("tests/fidelity.rs", "lengths_and_results_are_as_wide_as_they_are_20_27"),
    },
    Mutant {
        numbers: &[18],
        name: "a variadic argument is cut to an int",
        edits: &[edit(
            "crates/preload/src/descriptors.rs",
            "real!(fcntl as FcntlType, fd, command, argument)",
            "real!(fcntl as FcntlType, fd, command, argument & 0xffff_ffff)",
        )],
        noticed_by: test("tests/fidelity.rs", "functions_without_a_number_of_arguments_pass_on_all_of_them_18"),
    },
    Mutant {
        numbers: &[26],
        name: "a hardened program no longer ends where its buffer would overflow",
        edits: &[edit(
            TRANSFER,
            "real!(__recv_chk as RecvChkType, fd, buffer, length, room, flags)",
            "real!(__recv_chk as RecvChkType, fd, buffer, length, room.max(length), flags)",
        )],
        noticed_by: test("tests/preload_calls.rs", "a_hardened_program_still_ends_where_its_buffer_would_overflow_26"),
    },
    Mutant {
        numbers: &[33],
        name: "a handler writes into the record that it interrupts",
        edits: &[edit(THREAD, "    if !interrupts(ring, stack) {", "    if !interrupts(ring, stack) || stack != 0 {")],
        noticed_by: test("tests/preload.rs", "a_handler_at_every_instruction_of_a_hook_loses_nothing_33"),
    },
    Mutant {
        numbers: &[35],
        name: "calls of a child of vfork pass for its parent's",
        edits: &[edit(THREAD, "flags: flag::VFORK_CHILD }", "flags: 0 * flag::VFORK_CHILD }")],
        noticed_by: CHANGES_NOTHING,
    },
    Mutant {
        numbers: &[36],
        name: "a fork is not noticed",
        edits: &[edit("crates/recording/src/raw.rs", "libc::MADV_WIPEONFORK as usize", "libc::MADV_NORMAL as usize")],
        noticed_by: test("tests/preload.rs", "threads_and_forks_lose_nothing_36_47"),
    },
    Mutant {
        numbers: &[36],
        name: "a child says that nobody tells of its fork",
        edits: &[edit(LIFE, "writer.flags & flag::VFORK_CHILD == 0", "writer.flags & flag::VFORK_CHILD != 0")],
        noticed_by: test(
            "tests/preload_processes.rs",
            "children_and_programs_come_out_as_without_the_recorder_36_38_39",
        ),
    },
    Mutant {
        numbers: &[39],
        name: "records are published one call late",
        edits: &[edit(
            WRITER,
            "            writer.head.store(head, Release);",
            "            writer.head.store(head - (lines * LINE) as u64, Release);",
        )],
        noticed_by: test("tests/preload.rs", "sigkill_loses_nothing_that_was_done_39"),
    },
    Mutant {
        numbers: &[44],
        name: "losses are not counted",
        edits: &[edit(WRITER, "writer.lost.load(Relaxed) + calls,", "writer.lost.load(Relaxed) + calls / 2,")],
        noticed_by: test("tests/preload.rs", "a_full_ring_counts_what_it_cannot_hold_44"),
    },
    Mutant {
        numbers: &[45],
        name: "the bytes that a program moves are kept unasked",
        edits: &[edit(PROCESS, ".min(MOST_PAYLOAD), Relaxed)", ".clamp(64, MOST_PAYLOAD), Relaxed)")],
        noticed_by: test("tests/start_up.rs", "a_recording_does_not_hold_what_was_said_45"),
    },
    Mutant {
        numbers: &[47],
        name: "all threads count in one place",
        edits: &[edit(
            THREAD,
            "    Some(Writer { ring, flags: 0 })\n}\n\n/// True if the append",
            "    static CALLS: AtomicU32 = AtomicU32::new(0);\n    CALLS.fetch_add(1, Relaxed);\n    Some(Writer { ring, flags: 0 })\n}\n\n/// True if the append",
        )],
        noticed_by: test("tests/rings.rs", "threads_write_to_no_page_that_another_one_writes_to_47"),
    },
    Mutant {
        numbers: &[57],
        name: "strict seccomp is not noticed",
        edits: &[edit(
            "crates/preload/src/confine.rs",
            "        (libc::PR_SET_SECCOMP, mode) if mode == u64::from(libc::SECCOMP_MODE_STRICT) => process::withdraw(),\n",
            "",
        )],
        noticed_by: test("tests/preload.rs", "a_process_that_confines_itself_stays_alive_57"),
    },
    Mutant {
        numbers: &[1],
        name: "memory is allocated to find the real functions",
        edits: &[edit(
            NEXT,
            "    for (slot, name) in SLOTS {\n",
            "    unsafe { libc::free(core::hint::black_box(libc::malloc(64))) };\n    for (slot, name) in SLOTS {\n",
        )],
        noticed_by: test("tests/start_up.rs", "an_allocator_may_make_calls_before_anything_else_runs_1"),
    },
    Mutant {
        numbers: &[2],
        name: "nothing is recorded before the recorder's constructor",
        edits: &[edit(
            PROCESS,
            "AtomicPtr::new(&raw const UNDECIDED as *mut AtomicU32)",
            "AtomicPtr::new(&raw const NOBODY as *mut AtomicU32)",
        )],
        noticed_by: test("tests/start_up.rs", "constructors_of_other_libraries_may_make_calls_2"),
    },
    Mutant {
        numbers: &[3],
        name: "memory is allocated in the first call of a thread",
        edits: &[edit(
            THREAD,
            "    state.owner = process::owner_word(raw::thread());\n",
            "    unsafe { libc::free(core::hint::black_box(libc::malloc(64))) };\n    state.owner = process::owner_word(raw::thread());\n",
        )],
        noticed_by: test("tests/start_up.rs", "the_first_call_may_be_made_in_a_handler_that_interrupts_malloc_3"),
    },
    Mutant {
        numbers: &[4],
        name: "a function of a younger libc is required",
        edits: &[edit(
            LIB,
            "    // SAFETY: the dynamic linker passes main's",
            "    unsafe extern \"C\" {\n        fn _dl_find_object(address: *const c_char, found: *mut c_char) -> c_int;\n    }\n    if count < 0 {\n        unsafe { _dl_find_object(core::ptr::null(), core::ptr::null_mut()) };\n    }\n    // SAFETY: the dynamic linker passes main's",
        )],
        noticed_by: test("tests/start_up.rs", "functions_that_not_every_libc_has_are_optional_4"),
    },
    Mutant {
        numbers: &[5, 7],
        name: "who asks for libc's own function is given the hook",
        edits: &[edit(
            LIB,
            "extern \"C\" fn constructor(",
            "#[unsafe(no_mangle)]\nunsafe extern \"C\" fn dlvsym(\n    handle: *mut core::ffi::c_void,\n    name: *const c_char,\n    _version: *const c_char,\n) -> *mut core::ffi::c_void {\n    unsafe { libc::dlsym(handle, name) }\n}\n\nextern \"C\" fn constructor(",
        )],
        noticed_by: test("tests/start_up.rs", "what_goes_around_the_hooks_is_not_recorded_5_7"),
    },
    Mutant {
        numbers: &[6],
        name: "an object that finds libc's functions first is not told",
        edits: &[edit(
            "crates/preload/src/escape.rs",
            "flags & libc::RTLD_DEEPBIND != 0 {",
            "flags & libc::RTLD_DEEPBIND != 0 && path.is_null() {",
        )],
        noticed_by: test("tests/preload_processes.rs", "ways_past_the_recorder_are_told_6"),
    },
    Mutant {
        numbers: &[7],
        name: "a name is taken over and its calls are not recorded",
        edits: &[edit(
            SOCKETS,
            "record(Function::Socket, -1, args, frame, || real!(socket as Plain3, domain, kind, protocol))",
            "(args, frame, real!(socket as Plain3, domain, kind, protocol)).2",
        )],
        noticed_by: test("tests/start_up.rs", "python_is_seen_by_name_and_not_by_libcs_handle_7"),
    },
    Mutant {
        numbers: &[8],
        name: "a sanitizer is left to complain of the order of libraries",
        edits: &[edit(COMMANDS_PRELOAD, "\"verify_asan_link_order=0\"", "\"verify_asan_link_order=1\"")],
        noticed_by: test("tests/start_up.rs", "programs_with_sanitizers_run_8"),
    },
    Mutant {
        numbers: &[9],
        name: "another preload is replaced",
        edits: &[edit(
            COMMANDS_PRELOAD,
            "names.filter(|name| !is_recorder(name))",
            "names.filter(|name| is_recorder(name))",
        )],
        noticed_by: test("tests/preload.rs", "a_former_preload_stays_active_9"),
    },
    Mutant {
        numbers: &[9],
        name: "the recorder makes stacks executable",
        edits: &[edit(LINKING, "\"-Wl,-z,nodelete\"]", "\"-Wl,-z,nodelete\", \"-Wl,-z,execstack\"]")],
        noticed_by: test("tests/preload.rs", "the_recorder_makes_no_stack_executable_9"),
    },
    Mutant {
        numbers: &[10],
        name: "a name of the recorder's own is exported",
        edits: &[edit(
            LIB,
            "extern \"C\" fn constructor(",
            "#[unsafe(no_mangle)]\nextern \"C\" fn bsock_is_recording() -> c_int {\n    c_int::from(process::recording())\n}\n\nextern \"C\" fn constructor(",
        )],
        noticed_by: test("tests/preload.rs", "exports_are_exactly_the_hooks_10"),
    },
    Mutant {
        numbers: &[11],
        name: "a hook prints by std",
        edits: &[edit(
            SOCKETS,
            "    if fd >= 0 {\n        tracked::opened(fd, is_stream(kind));",
            "    if fd >= 0 {\n        std::eprintln!(\"socket {fd}\");\n        tracked::opened(fd, is_stream(kind));",
        )],
        noticed_by: test("tests/call_graph.rs", "no_hook_reaches_a_panic_or_the_allocator_11_12"),
    },
    Mutant {
        numbers: &[12],
        name: "a hook panics",
        edits: &[edit(
            SOCKETS,
            "    if fd >= 0 {\n        tracked::opened(fd, is_stream(kind));",
            "    if fd >= 0 {\n        assert!(fd < 1 << 20, \"too many\");\n        tracked::opened(fd, is_stream(kind));",
        )],
        noticed_by: test("tests/call_graph.rs", "no_hook_reaches_a_panic_or_the_allocator_11_12"),
    },
    Mutant {
        numbers: &[13],
        name: "a number that fclose gave back stays a socket",
        edits: &[edit(
            "crates/preload/src/streams.rs",
            "    record(Function::Fclose, fd, [0; 3], frame, || real!(fclose as FcloseType, stream))",
            "    let _ = frame;\n    real!(fclose as FcloseType, stream)",
        )],
        noticed_by: test("tests/meaning.rs", "a_number_that_fclose_gave_back_is_no_socket_13"),
    },
    Mutant {
        numbers: &[16],
        name: "a thread that has ended once is not recorded any more",
        edits: &[edit(
            THREAD,
            "unsafe extern \"C\" fn thread_ends(_: *mut c_void) {\n    give_back();\n",
            "unsafe extern \"C\" fn thread_ends(_: *mut c_void) {\n    give_back();\n    let freed = process::pool().map_or(0, |pool| pool.control().freed.load(Relaxed));\n    unsafe { (*state()).refused = u64::from(freed) + 1 };\n",
        )],
        noticed_by: test("tests/start_up.rs", "calls_are_recorded_to_the_very_end_16"),
    },
    Mutant {
        numbers: &[17],
        name: "the recorder may be unloaded",
        edits: &[edit(LINKING, "\"-Wl,-z,nodelete\"", "\"-Wl,-z,now\"")],
        noticed_by: test("tests/start_up.rs", "the_recorder_is_never_unloaded_17"),
    },
    Mutant {
        numbers: &[23],
        name: "bytes that were only looked at count as received",
        edits: &[edit(
            "crates/analysis/src/functions.rs",
            "!has_flag(call, MSG_PEEK | MSG_ERRQUEUE)",
            "!has_flag(call, MSG_ERRQUEUE)",
        )],
        noticed_by: test(
            "tests/meaning.rs",
            "a_flag_that_makes_the_result_another_thing_does_not_change_what_was_received_23",
        ),
    },
    Mutant {
        numbers: &[24],
        name: "a datagram without bytes passes for the end of a stream",
        edits: &[edit(
            "crates/analysis/src/rules/recv_zero_ignored.rs",
            "model.subject().filter(|endpoint| endpoint.is_stream())",
            "model.subject()",
        )],
        noticed_by: test("tests/meaning.rs", "a_datagram_without_bytes_is_no_end_24"),
    },
    Mutant {
        numbers: &[25],
        name: "of many messages all are told, and not those that went",
        edits: &[edit(
            MESSAGES,
            "    let done = usize::try_from(result).unwrap_or(0);",
            "    let done = if result > 0 { count as usize } else { 0 };",
        )],
        noticed_by: test("tests/preload_calls.rs", "messages_with_names_buffers_and_descriptors_25"),
    },
    Mutant {
        numbers: &[27],
        name: "the last buffers of a long vector are not passed on",
        edits: &[edit(
            MESSAGES,
            "real!(writev as VectorType, fd, buffers, count)",
            "real!(writev as VectorType, fd, buffers, count.min(1000))",
        )],
        noticed_by: test("tests/fidelity.rs", "lengths_and_results_are_as_wide_as_they_are_20_27"),
    },
    Mutant {
        numbers: &[29],
        name: "a connect that is under way passes for a failed one",
        edits: &[edit(
            "crates/analysis/src/rules/connect_error_ignored.rs",
            "Outcome::Failed(EINPROGRESS | EALREADY | EINTR | EISCONN | EAGAIN) => None",
            "Outcome::Failed(EALREADY | EINTR | EISCONN | EAGAIN) => None",
        )],
        noticed_by: test("tests/meaning.rs", "a_connect_that_is_under_way_has_not_failed_29"),
    },
    Mutant {
        numbers: &[32],
        name: "a hook takes 16 KiB of stack",
        edits: &[edit(
            TRANSFER,
            "    let Some(mut call) = Recorded::begin(function, fd, args, frame) else { return real() };\n    let result = real();\n    call.returned(result);\n    payload::append(&mut call, Moved",
            "    core::hint::black_box(&mut [0_u8; 16384]);\n    let Some(mut call) = Recorded::begin(function, fd, args, frame) else { return real() };\n    let result = real();\n    call.returned(result);\n    payload::append(&mut call, Moved",
        )],
        noticed_by: test("tests/start_up.rs", "small_stacks_are_enough_32"),
    },
    Mutant {
        numbers: &[34],
        name: "vfork is called by a function that returns in the child",
        edits: &[
            edit(
                "crates/preload/src/table.rs",
                "    vfork: observe => crate::thread::before_vfork;",
                "    vfork: record(rdi) => crate::life::vforked;",
            ),
            edit(
                "crates/preload/src/life.rs",
                "pub(crate) extern \"C-unwind\" fn underscore_fork(",
                "pub(crate) extern \"C-unwind\" fn vforked(frame: Frame) -> c_int {\n    thread::before_vfork();\n    call::record(Function::Fork, -1, [0; 3], frame, || real!(vfork as ForkType,))\n}\n\npub(crate) extern \"C-unwind\" fn underscore_fork(",
            ),
        ],
        noticed_by: CHANGES_NOTHING,
    },
    Mutant {
        numbers: &[37],
        name: "sockets that a program finds at its start are not told",
        edits: &[edit("crates/preload/src/inherited.rs", "                tell_socket(ring, fd);\n", "")],
        noticed_by: test(
            "tests/preload_processes.rs",
            "an_inherited_socket_is_a_socket_to_the_program_that_finds_it_37",
        ),
    },
    Mutant {
        numbers: &[38],
        name: "the recorder takes itself out of the environment",
        edits: &[edit(
            LIB,
            "    unsafe { start::begin(count, arguments, environment) };\n",
            "    unsafe { start::begin(count, arguments, environment) };\n    unsafe { libc::unsetenv(c\"LD_PRELOAD\".as_ptr()) };\n",
        )],
        noticed_by: test("tests/start_up.rs", "children_of_the_shell_and_of_spawn_are_recorded_38"),
    },
    Mutant {
        numbers: &[39],
        name: "a call that returns while the recording ends is not waited for",
        edits: &[edit(DRAIN, "self.last_of(index, header, until, sink)?;", "self.unfinished(index, header, sink)?;")],
        noticed_by: test(DRAINED, "a_call_that_returns_while_the_recording_ends_is_there_once"),
    },
    Mutant {
        numbers: &[39],
        name: "who is killed on the way back from a call has not made it",
        edits: &[edit(DRAIN, "call_in_progress(header).or_else(returning)", "call_in_progress(header)")],
        noticed_by: test(DRAINED, "who_is_killed_on_the_way_back_from_a_call_has_made_it_once"),
    },
    Mutant {
        numbers: &[40],
        name: "a record is published before it is written",
        edits: &[edit(
            WRITER,
            "            self.put(head, line, sections);\n            let head = head + (lines * LINE) as u64;\n            writer.head.store(head, Release);\n",
            "            let start = head;\n            let head = head + (lines * LINE) as u64;\n            writer.head.store(head, Release);\n            compiler_fence(Ordering::SeqCst);\n            self.put(start, line, sections);\n",
        )],
        noticed_by: test("tests/torment.rs", "a_program_killed_at_any_instant_has_its_calls_in_the_recording_39_40"),
    },
    Mutant {
        numbers: &[41],
        name: "a static program passes for a quiet one",
        edits: &[edit(
            COMMANDS_ELF,
            "Kind::Static => Some(Obstacle::Static(path.to_owned())),",
            "Kind::Static => None,",
        )],
        noticed_by: test("tests/preload.rs", "a_static_program_is_named_as_the_reason_for_an_empty_recording_41"),
    },
    Mutant {
        numbers: &[41],
        name: "a set-user-id program passes for a quiet one",
        edits: &[edit(COMMANDS_ELF, "if changes_user || mode & 0o2000 != 0 {", "if mode & 0o2000 != 0 {")],
        noticed_by: test("tests/preload.rs", "a_program_that_takes_no_preload_is_named_as_well_41"),
    },
    Mutant {
        numbers: &[42],
        name: "nobody asks which socket travels in a message",
        edits: &[edit(MESSAGES, "(*into, *cookie) = (fd, tracked::cookie(fd));", "(*into, *cookie) = (fd, 0);")],
        noticed_by: test(
            "tests/preload_calls.rs",
            "a_descriptor_that_travels_is_known_by_the_kernels_number_of_the_socket_42",
        ),
    },
    Mutant {
        numbers: &[43],
        name: "each process has a clock of its own",
        edits: &[edit(
            PROCESS,
            "    clock::now(CLOCK.load(Relaxed))\n",
            "    clock::now(CLOCK.load(Relaxed)).wrapping_sub(u64::from(number()) << 22)\n",
        )],
        noticed_by: test("tests/meaning.rs", "what_was_received_had_been_sent_before_43"),
    },
    Mutant {
        numbers: &[46],
        name: "the reader is told an address of the writer's",
        edits: &[
            edit(
                WRITER,
                "            writer.head.store(head, Release);",
                "            writer.head.store(head + self.address().addr() as u64, Release);",
            ),
            edit(
                WRITER,
                "        let head = writer.head.load(Relaxed);\n        let written",
                "        let head = self.head();\n        let written",
            ),
            edit(WRITER, "self.room(writer.head.load(Relaxed), writer", "self.room(self.head(), writer"),
            edit(
                WRITER,
                "    /// Appends a record; true if it found room",
                "    fn head(self) -> u64 {\n        match self.header.writer.head.load(Relaxed) {\n            0 => 0,\n            place => place.wrapping_sub(self.address().addr() as u64),\n        }\n    }\n\n    /// Appends a record; true if it found room",
            ),
            edit(
                "crates/recording/src/reader.rs",
                "let head = header.writer.head.load(Acquire);",
                "let head = match header.writer.head.load(Acquire) {\n            0 => 0,\n            place => place.wrapping_sub(core::ptr::from_ref(header).addr() as u64),\n        };",
            ),
        ],
        noticed_by: test("tests/rings.rs", "what_is_shared_may_lie_anywhere_46"),
    },
    Mutant {
        numbers: &[48],
        name: "a record of an unknown kind is damage",
        edits: &[edit(
            "crates/recording/src/merge.rs",
            "            _ => *skipped += 1,\n",
            "            _ => return Err(Damage { offset: 0, flaw: crate::damage::Flaw::NoLines }),\n",
        )],
        noticed_by: test(
            "crates/recording/src/merge.rs",
            "unknown_kinds_are_skipped_and_damage_is_told_with_its_place",
        ),
    },
    Mutant {
        numbers: &[55],
        name: "libbsock's calls pass for the program's own",
        edits: &[edit(
            "crates/preload/src/sites.rs",
            "name.starts_with(b\"libbsock.so\")",
            "name.starts_with(b\"libbsock-\")",
        )],
        noticed_by: test("tests/verbs.rs", "a_call_through_libbsock_is_recorded_once_and_at_the_programs_line_55"),
    },
    Mutant {
        numbers: &[56],
        name: "an idle hook spoils an argument",
        edits: &[edit(
            "crates/preload/src/shim.rs",
            "                \"jne 2f\",\n                \"jmp qword ptr [rip + {next}]\",\n                \"2:\",",
            "                \"jne 2f\",\n                \"xor r8d, r8d\",\n                \"jmp qword ptr [rip + {next}]\",\n                \"2:\",",
        )],
        noticed_by: test("tests/conformance.rs", "under_the_preload_it_is_libc_19_56"),
    },
    Mutant {
        numbers: &[57],
        name: "a filter of system calls that `prctl` sets is not noticed",
        edits: &[edit(
            "crates/preload/src/confine.rs",
            "        (libc::PR_SET_SECCOMP, _) if filter != 0 => process::confine(),\n",
            "",
        )],
        noticed_by: test(
            "tests/preload.rs",
            "a_filter_that_kills_for_every_other_system_call_finds_nothing_to_kill_for_57",
        ),
    },
    Mutant {
        numbers: &[57],
        name: "a filter of system calls is not noticed",
        edits: &[edit("crates/preload/src/confine.rs", "        (FILTER, _, 1..) => process::confine(),\n", "")],
        noticed_by: test(
            "tests/preload.rs",
            "a_filter_that_kills_for_every_other_system_call_finds_nothing_to_kill_for_57",
        ),
    },
    Mutant {
        numbers: &[58],
        name: "a call takes memory from the kernel, and ends the program where there is none",
        edits: &[edit(
            CALL,
            "        let writer = thread::writer(frame.address())?;",
            "        let (access, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);\n        let page = unsafe { libc::mmap(core::ptr::null_mut(), 1 << 16, access, kind, -1, 0) };\n        if page == libc::MAP_FAILED {\n            unsafe { libc::abort() };\n        }\n        unsafe { libc::munmap(page, 1 << 16) };\n        let writer = thread::writer(frame.address())?;",
        )],
        noticed_by: test("tests/start_up.rs", "poor_surroundings_change_nothing_58"),
    },
    Mutant {
        numbers: &[58],
        name: "a process that cannot attach says so on its standard error",
        edits: &[edit(
            PROCESS,
            "    let Some(pool) = shared::attach(path) else { return };",
            "    let Some(pool) = shared::attach(path) else {\n        let sorry = \"not recorded\\n\";\n        unsafe { libc::write(2, sorry.as_ptr().cast(), sorry.len()) };\n        return;\n    };",
        )],
        noticed_by: test("tests/start_up.rs", "a_program_may_begin_in_poor_surroundings_58"),
    },
    Mutant {
        numbers: &[58],
        name: "a hook takes 2 KiB of stack more than is said",
        edits: &[edit(
            TRANSFER,
            "    let Some(mut call) = Recorded::begin(function, fd, args, frame) else { return real() };\n    let result = real();\n    call.returned(result);\n    payload::append(&mut call, Moved",
            "    core::hint::black_box(&mut [0_u8; 2048]);\n    let Some(mut call) = Recorded::begin(function, fd, args, frame) else { return real() };\n    let result = real();\n    call.returned(result);\n    payload::append(&mut call, Moved",
        )],
        noticed_by: test("tests/stack.rs", "a_stack_that_is_used_up_but_for_what_is_said_is_enough_58"),
    },
    Mutant {
        numbers: &[28],
        name: "a handler that asks for it does not get calls restarted",
        edits: &[edit(
            CALL,
            "        let writer = thread::writer(frame.address())?;",
            "        unsafe extern \"C\" {\n            fn siginterrupt(signal: c_int, interrupts: c_int) -> c_int;\n        }\n        unsafe { siginterrupt(libc::SIGALRM, 1) };\n        let writer = thread::writer(frame.address())?;",
        )],
        noticed_by: CHANGES_NOTHING,
    },
];

/// Of these the test may hang, which is how it notices: for ever in a lock of the allocator's that the thread holds already, and in
/// a call that waits for what its spoilt arguments do not let come.
pub(crate) const HANGS: &[&str] =
    &["memory is allocated in the first call of a thread", "an idle hook spoils an argument"];

/// Promises that no mutant breaks, and why. Those of faults have no tests yet, either.
pub(crate) const WITHOUT_MUTANT: &[(u32, &str)] = &[
    (49, "comes with faults"),
    (50, "comes with faults"),
    (51, "comes with faults"),
    (52, "comes with faults"),
    (53, "comes with faults"),
    (54, "comes with faults"),
    (59, "the mutants themselves"),
];
