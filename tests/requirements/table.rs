//! What a drop-in must do, one by one, and which tests show it. The numbers are fixed: a new promise gets a new one at the end.

/// A promise, and the tests that fail where it is broken: file and name, in `tests/real/` that of a scenario. No test: it comes
/// with faults, which there are not yet.
pub(crate) struct Requirement {
    pub(crate) number: u32,
    pub(crate) promise: &'static str,
    pub(crate) tests: &'static [(&'static str, &'static str)],
}

const fn must(number: u32, promise: &'static str, tests: &'static [(&'static str, &'static str)]) -> Requirement {
    Requirement { number, promise, tests }
}

const CONFORMANCE: &str = "tests/conformance.rs";
const START_UP: &str = "tests/start_up.rs";
const PRELOAD: &str = "tests/preload.rs";
const CALLS: &str = "tests/preload_calls.rs";
const PROCESSES: &str = "tests/preload_processes.rs";
const FIDELITY: &str = "tests/fidelity.rs";
const MEANING: &str = "tests/meaning.rs";
const RINGS: &str = "tests/rings.rs";
const TORMENT: &str = "tests/torment.rs";

const LIBC: (&str, &str) = (CONFORMANCE, "recorded_it_is_libc_15_19_21_22_23_28_56");
const CHANGES_NOTHING: (&str, &str) =
    (PRELOAD, "what_a_recorder_could_change_it_does_not_14_15_19_21_22_28_30_31_34_35_36");
const CANCELLED: (&str, &str) = (TORMENT, "a_thousand_threads_are_cancelled_while_they_wait_in_a_call_14_15");
const EVERY_CALL: (&str, &str) =
    (CALLS, "results_and_errno_are_those_of_a_program_without_recorder_19_20_21_22_23_25_26_27");

/// Requirements that a heading of the page stands above.
pub(crate) const GROUPS: &[(u32, &str)] = &[
    (1, "Where a program begins"),
    (11, "Inside a hook"),
    (19, "What the program sees"),
    (34, "Processes and programs"),
    (43, "The recording"),
    (49, "Faults"),
    (55, "The library, the world, and ourselves"),
];

pub(crate) const REQUIREMENTS: &[Requirement] = &[
    must(
        1,
        "Real functions are found with `RTLD_NEXT`, without memory or locks: an allocator may make calls while it sets itself up.",
        &[
            (START_UP, "an_allocator_may_make_calls_before_anything_else_runs_1"),
            (START_UP, "allocators_of_the_world_set_themselves_up_under_the_recorder_1"),
        ],
    ),
    must(
        2,
        "Hooks work before the recorder's own constructor has run.",
        &[(START_UP, "constructors_of_other_libraries_may_make_calls_2")],
    ),
    must(
        3,
        "The first call of a process may be made in a signal handler that interrupts `malloc`.",
        &[
            (START_UP, "the_first_call_may_be_made_in_a_handler_that_interrupts_malloc_3"),
            (TORMENT, "the_first_call_of_a_process_is_made_in_a_handler_ten_thousand_times_3"),
        ],
    ),
    must(
        4,
        "What only younger libcs have is looked for and never required.",
        &[(START_UP, "functions_that_not_every_libc_has_are_optional_4")],
    ),
    must(
        5,
        "`dlvsym` with a version finds libc's function, which works and is not recorded; the limits say so.",
        &[(START_UP, "what_goes_around_the_hooks_is_not_recorded_5_7")],
    ),
    must(
        6,
        "Code that goes around the hooks (`RTLD_DEEPBIND`, `dlmopen`, `syscall`) works, and is told.",
        &[(PROCESSES, "ways_past_the_recorder_are_told_6")],
    ),
    must(
        7,
        "Python's socket module and the process's own names are recorded, calls on libc's handle are not.",
        &[
            (START_UP, "python_is_seen_by_name_and_not_by_libcs_handle_7"),
            (START_UP, "what_goes_around_the_hooks_is_not_recorded_5_7"),
        ],
    ),
    must(8, "Programs with sanitizers run.", &[(START_UP, "programs_with_sanitizers_run_8")]),
    must(
        9,
        "Another preload stays active, and no stack becomes executable.",
        &[(PRELOAD, "a_former_preload_stays_active_9"), (PRELOAD, "the_recorder_makes_no_stack_executable_9")],
    ),
    must(10, "The recorder exports its hooks and nothing else.", &[(PRELOAD, "exports_are_exactly_the_hooks_10")]),
    must(
        11,
        "No hook comes back to itself by what it uses: it reaches no input or output of std, no lock, no allocator.",
        &[("tests/call_graph.rs", "no_hook_reaches_a_panic_or_the_allocator_11_12")],
    ),
    must(
        12,
        "No panic crosses into the program: no hook reaches one.",
        &[("tests/call_graph.rs", "no_hook_reaches_a_panic_or_the_allocator_11_12")],
    ),
    must(
        13,
        "A number that was a socket's and is a file's now is a file's, whoever closed the socket.",
        &[(MEANING, "a_number_that_fclose_gave_back_is_no_socket_13")],
    ),
    must(
        14,
        "A thread that is cancelled in a call leaves nothing held: the next call does not hang.",
        &[CHANGES_NOTHING, (CALLS, "a_thread_is_cancelled_in_each_call_that_waits_14_15"), CANCELLED],
    ),
    must(
        15,
        "Cancellation points stay cancellation points.",
        &[CHANGES_NOTHING, (CALLS, "a_thread_is_cancelled_in_each_call_that_waits_14_15"), CANCELLED, LIBC],
    ),
    must(
        16,
        "Calls are recorded to the very end of threads and of the program.",
        &[(START_UP, "calls_are_recorded_to_the_very_end_16")],
    ),
    must(
        17,
        "The recorder is never unloaded under a thread.",
        &[
            (START_UP, "the_recorder_is_never_unloaded_17"),
            (PRELOAD, "a_library_that_is_opened_and_closed_again_stays_for_the_threads_that_use_it_17"),
        ],
    ),
    must(
        18,
        "Variadic functions pass on every argument, however wide and however many.",
        &[(FIDELITY, "functions_without_a_number_of_arguments_pass_on_all_of_them_18")],
    ),
    must(
        19,
        "errno is libc's after a failure, and what it was after a success.",
        &[LIBC, EVERY_CALL, CHANGES_NOTHING, (CONFORMANCE, "under_the_preload_it_is_libc_19_56")],
    ),
    must(
        20,
        "Lengths and results are as wide as they are in C.",
        &[(FIDELITY, "lengths_and_results_are_as_wide_as_they_are_20_27"), EVERY_CALL],
    ),
    must(
        21,
        "Pointers that only the kernel may look at are the kernel's to refuse.",
        &[
            LIBC,
            CHANGES_NOTHING,
            EVERY_CALL,
            (PRELOAD, "errors_and_addresses_are_recorded_as_they_were_21_22"),
            (FIDELITY, "what_the_other_end_has_may_be_unmapped_before_the_call_returns_21"),
        ],
    ),
    must(
        22,
        "Of an address that is longer than its room only what was filled in is read.",
        &[
            (FIDELITY, "of_an_address_no_more_is_read_than_there_was_room_for_22"),
            (PRELOAD, "errors_and_addresses_are_recorded_as_they_were_21_22"),
            LIBC,
            CHANGES_NOTHING,
            EVERY_CALL,
        ],
    ),
    must(
        23,
        "Bytes that were looked at, cut, or came back as an error are not received twice, and not received at all.",
        &[
            (MEANING, "a_flag_that_makes_the_result_another_thing_does_not_change_what_was_received_23"),
            EVERY_CALL,
            LIBC,
        ],
    ),
    must(24, "A datagram without bytes is not the end.", &[(MEANING, "a_datagram_without_bytes_is_no_end_24")]),
    must(
        25,
        "Of many messages at once those are told that went.",
        &[(CALLS, "messages_with_names_buffers_and_descriptors_25"), EVERY_CALL],
    ),
    must(
        26,
        "The names that hardened programs call are recorded, and still end the program where its buffer would overflow.",
        &[
            (CALLS, "a_hardened_program_still_ends_where_its_buffer_would_overflow_26"),
            (CALLS, "hardened_names_are_recorded_as_what_they_stand_for_26"),
            EVERY_CALL,
        ],
    ),
    must(
        27,
        "A vector has 1,024 buffers, and empty ones among them.",
        &[(FIDELITY, "lengths_and_results_are_as_wide_as_they_are_20_27"), EVERY_CALL],
    ),
    must(28, "A signal interrupts a call as it does in libc.", &[LIBC, CHANGES_NOTHING]),
    must(
        29,
        "A connect that is under way has not failed.",
        &[(MEANING, "a_connect_that_is_under_way_has_not_failed_29")],
    ),
    must(
        30,
        "The recorder has no descriptor: whoever closes them all closes nothing of it, and is recorded on.",
        &[
            (TORMENT, "who_closes_everything_closes_nothing_of_the_recorders_30"),
            (FIDELITY, "nothing_around_the_program_is_the_recorders_30_31"),
            CHANGES_NOTHING,
        ],
    ),
    must(
        31,
        "Descriptors have the numbers that they have without the recorder; signals, limits, timers and threads are the program's.",
        &[
            (FIDELITY, "nothing_around_the_program_is_the_recorders_30_31"),
            (PRELOAD, "a_closed_standard_stream_stays_closed_31"),
            CHANGES_NOTHING,
        ],
    ),
    must(
        32,
        "Twelve descriptors or 1,100, 16 KiB of stack or an alternate one: as many as there are do.",
        &[
            (START_UP, "small_stacks_are_enough_32"),
            (TORMENT, "sixteen_kib_of_stack_are_enough_for_every_call_32"),
            (TORMENT, "twelve_descriptors_are_as_many_under_the_recorder_32"),
            (TORMENT, "eleven_hundred_sockets_are_open_at_one_time_32"),
        ],
    ),
    must(
        33,
        "A handler may make calls wherever in a hook it interrupts the thread.",
        &[
            (PRELOAD, "a_handler_at_every_instruction_of_a_hook_loses_nothing_33"),
            (PRELOAD, "a_handler_that_interrupts_a_hook_records_too_33"),
            (TORMENT, "a_handler_that_sends_ten_thousand_times_a_second_33"),
        ],
    ),
    must(
        34,
        "`vfork` returns twice into the same frame.",
        &[CHANGES_NOTHING, (FIDELITY, "programs_that_make_children_by_vfork_come_out_the_same_34")],
    ),
    must(
        35,
        "What a child closes that shares its parent's memory stays open in the parent.",
        &[CHANGES_NOTHING, (PRELOAD, "children_that_no_hook_sees_are_processes_of_their_own_35_36")],
    ),
    must(
        36,
        "A forked child is a process of its own, whatever its parent's threads were doing, and by whichever function.",
        &[
            (TORMENT, "two_hundred_children_are_forked_under_threads_that_call_all_the_time_36"),
            (PRELOAD, "threads_and_forks_lose_nothing_36_47"),
            (PRELOAD, "children_that_no_hook_sees_are_processes_of_their_own_35_36"),
            (PROCESSES, "children_and_programs_come_out_as_without_the_recorder_36_38_39"),
            CHANGES_NOTHING,
        ],
    ),
    must(
        37,
        "A program knows the sockets that it was given at its start.",
        &[(PROCESSES, "an_inherited_socket_is_a_socket_to_the_program_that_finds_it_37")],
    ),
    must(
        38,
        "Programs started by `system`, `popen` and `posix_spawn` are in the same recording.",
        &[
            (START_UP, "children_of_the_shell_and_of_spawn_are_recorded_38"),
            (PROCESSES, "children_and_programs_come_out_as_without_the_recorder_36_38_39"),
        ],
    ),
    must(
        39,
        "However a program ends, `_exit` and SIGKILL among it, what it had done is recorded.",
        &[
            (PRELOAD, "sigkill_loses_nothing_that_was_done_39"),
            ("crates/recording/src/drain/tests.rs", "a_call_that_returns_while_the_recording_ends_is_there_once"),
            ("crates/recording/src/drain/tests.rs", "who_is_killed_on_the_way_back_from_a_call_has_made_it_once"),
            (TORMENT, "a_program_killed_at_any_instant_has_its_calls_in_the_recording_39_40"),
            (PROCESSES, "children_and_programs_come_out_as_without_the_recorder_36_38_39"),
        ],
    ),
    must(
        40,
        "A record that was being written when its writer died is never taken for a whole one.",
        &[
            (TORMENT, "a_program_killed_at_any_instant_has_its_calls_in_the_recording_39_40"),
            (TORMENT, "a_recorder_killed_at_any_instant_leaves_the_program_as_it_was_40"),
        ],
    ),
    must(
        41,
        "A program that takes no preload, static or set-user-id, is named instead of passing for a quiet one.",
        &[
            (PRELOAD, "a_static_program_is_named_as_the_reason_for_an_empty_recording_41"),
            (PRELOAD, "a_program_that_takes_no_preload_is_named_as_well_41"),
        ],
    ),
    must(
        42,
        "A socket that is passed to another process is the same socket there.",
        &[
            (CALLS, "a_descriptor_that_travels_is_known_by_the_kernels_number_of_the_socket_42"),
            (PROCESSES, "what_was_sent_in_a_message_is_the_same_socket_to_who_receives_it_42"),
        ],
    ),
    must(
        43,
        "All processes have one clock: nothing is received before it was sent.",
        &[(MEANING, "what_was_received_had_been_sent_before_43")],
    ),
    must(
        44,
        "A ring that is full costs the program nothing and is told: recorded calls and lost ones are all calls.",
        &[(PRELOAD, "a_full_ring_counts_what_it_cannot_hold_44")],
    ),
    must(
        45,
        "What a program says is not recorded unless somebody asks.",
        &[
            (START_UP, "a_recording_does_not_hold_what_was_said_45"),
            (CALLS, "payload_is_recorded_where_it_is_asked_for_and_only_of_sockets_45"),
        ],
    ),
    must(
        46,
        "What is shared may lie at any address, and at another one for each who shares it.",
        &[(RINGS, "what_is_shared_may_lie_anywhere_46")],
    ),
    must(
        47,
        "Threads that record write to no memory in common, which is what would make a call cost more beside others (no test looks at \
         a clock; `make bench` does), and the ring is right in every order of its reads and writes.",
        &[
            (RINGS, "threads_write_to_no_page_that_another_one_writes_to_47"),
            (PRELOAD, "threads_and_forks_lose_nothing_36_47"),
            ("crates/recording/tests/loom.rs", "events_and_losses_are_the_calls_and_records_are_whole_and_in_order"),
        ],
    ),
    must(
        48,
        "Items, records and sections of kinds that a reader does not know are skipped.",
        &[
            ("tests/newer.rs", "what_a_later_recorder_adds_is_skipped_48"),
            ("crates/recording/src/merge.rs", "unknown_kinds_are_skipped_and_damage_is_told_with_its_place"),
            ("crates/recording/src/merge.rs", "a_call_that_a_newer_version_knows_is_told_with_its_descriptor"),
            ("crates/recording/src/file/read.rs", "an_unknown_tag_is_skipped_and_a_cut_is_told_with_its_place"),
        ],
    ),
    must(49, "A short read leaves the rest for later, and a short write sends what it says.", &[]),
    must(50, "Datagrams are not shortened in silence, nor where the program asked for all or for a look.", &[]),
    must(51, "Faults have random numbers of their own, and the same seed makes the same faults.", &[]),
    must(52, "What poll, select and epoll say agrees with the faults.", &[]),
    must(53, "An error that is made is one that the call may have.", &[]),
    must(54, "Whatever was made is marked as made.", &[]),
    must(
        55,
        "A call through libbsock is recorded once, in the program's line.",
        &[("tests/verbs.rs", "a_call_through_libbsock_is_recorded_once_and_at_the_programs_line_55")],
    ),
    must(
        56,
        "The same cases, with the same assertions, come out the same natively, under an idle recorder, and recorded.",
        &[
            LIBC,
            (CONFORMANCE, "under_the_preload_it_is_libc_19_56"),
            // CPython's own tests of sockets, and many more: `make test-real`.
            ("tests/real/cpython.rs", "cpython/test_socket"),
        ],
    ),
    must(
        57,
        "A process that confines itself by seccomp is not killed for what the recorder does.",
        &[
            (PRELOAD, "a_process_that_confines_itself_stays_alive_57"),
            (PRELOAD, "a_filter_that_kills_for_every_other_system_call_finds_nothing_to_kill_for_57"),
        ],
    ),
    must(
        58,
        "Another user, a changed root, an address space that is full, a stack that is used up: the program does what it does.",
        &[
            (START_UP, "poor_surroundings_change_nothing_58"),
            (START_UP, "a_program_may_begin_in_poor_surroundings_58"),
            ("tests/stack.rs", "a_stack_that_is_used_up_but_for_what_is_said_is_enough_58"),
        ],
    ),
    must(
        59,
        "Mistakes in the recorder turn these tests red.",
        &[
            ("tests/preload_mutants.rs", "mistakes_that_other_suites_miss_turn_this_one_red_59"),
            ("tests/preload_mutants.rs", "every_mistake_turns_the_suite_red_59"),
            ("tests/preload_mutants.rs", "what_mutants_change_is_in_the_source_59"),
        ],
    ),
];
