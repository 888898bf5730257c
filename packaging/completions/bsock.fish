# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_bsock_global_optspecs
    string join \n h/help V/version
end

function __fish_bsock_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_bsock_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_bsock_using_subcommand
    set -l cmd (__fish_bsock_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c bsock -n "__fish_bsock_needs_command" -s h -l help -d 'Print help'
complete -c bsock -n "__fish_bsock_needs_command" -s V -l version -d 'Print version'
complete -c bsock -n "__fish_bsock_needs_command" -f -a "run" -d 'Run a program as it is, and keep a recording of its socket calls if asked'
complete -c bsock -n "__fish_bsock_needs_command" -f -a "trace" -d 'Show each socket call, decoded, one a line'
complete -c bsock -n "__fish_bsock_needs_command" -f -a "check" -d 'Say what the program does wrong on its sockets, and in which line of its source'
complete -c bsock -n "__fish_bsock_needs_command" -f -a "compare" -d 'Make the same calls to libc and to bsock: results, errno, what they leave behind, how long they take'
complete -c bsock -n "__fish_bsock_needs_command" -f -a "explain" -d 'Tell the long story of a rule, or list all rules'
complete -c bsock -n "__fish_bsock_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c bsock -n "__fish_bsock_using_subcommand run" -l record -d 'Keep the recording in FILE (readable by you alone; it holds addresses and arguments, no payload unless --payload)' -r -F
complete -c bsock -n "__fish_bsock_using_subcommand run" -l timeout -d 'End COMMAND and its descendants after so many seconds: with SIGTERM, two seconds later with SIGKILL. The exit status of run and trace is 124 then' -r
complete -c bsock -n "__fish_bsock_using_subcommand run" -l payload -d 'Record the first BYTES that each call on a socket sends or receives (check: 32, which rules look at; otherwise 0)' -r
complete -c bsock -n "__fish_bsock_using_subcommand run" -l ring-kib -d 'Room for the records of each of eight threads; further ones have half. More loses less when bsock gets no processor for long' -r
complete -c bsock -n "__fish_bsock_using_subcommand run" -l follow -d 'Go on until the last descendant of COMMAND has ended, too. Ctrl-C then ends it'
complete -c bsock -n "__fish_bsock_using_subcommand run" -l lossless -d 'Let a program that is faster than bsock wait for it, rather than lose calls'
complete -c bsock -n "__fish_bsock_using_subcommand run" -s h -l help -d 'Print help'
complete -c bsock -n "__fish_bsock_using_subcommand trace" -l format -d 'How to write the calls' -r -f -a "text\t'For people, a line a call'
json\t'One object a line (docs/trace-json.md)'"
complete -c bsock -n "__fish_bsock_using_subcommand trace" -s o -l output -d 'Write to FILE; otherwise to standard error when the program has ended' -r -F
complete -c bsock -n "__fish_bsock_using_subcommand trace" -l timeout -d 'End COMMAND and its descendants after so many seconds: with SIGTERM, two seconds later with SIGKILL. The exit status of run and trace is 124 then' -r
complete -c bsock -n "__fish_bsock_using_subcommand trace" -l payload -d 'Record the first BYTES that each call on a socket sends or receives (check: 32, which rules look at; otherwise 0)' -r
complete -c bsock -n "__fish_bsock_using_subcommand trace" -l ring-kib -d 'Room for the records of each of eight threads; further ones have half. More loses less when bsock gets no processor for long' -r
complete -c bsock -n "__fish_bsock_using_subcommand trace" -l call -d 'Only these calls: names as in C, separated by commas' -r -f -a "socket\t''
bind\t''
listen\t''
accept\t''
accept4\t''
connect\t''
send\t''
recv\t''
write\t''
read\t''
shutdown\t''
close\t''
fork\t''
execve\t''
exit\t''
_exit\t''
socketpair\t''
getsockname\t''
getpeername\t''
getsockopt\t''
setsockopt\t''
sockatmark\t''
isfdtype\t''
bindresvport\t''
sendto\t''
recvfrom\t''
sendmsg\t''
recvmsg\t''
sendmmsg\t''
recvmmsg\t''
writev\t''
readv\t''
sendfile\t''
splice\t''
tee\t''
vmsplice\t''
copy_file_range\t''
pread\t''
pwrite\t''
preadv\t''
pwritev\t''
dup\t''
dup2\t''
dup3\t''
fcntl\t''
ioctl\t''
close_range\t''
closefrom\t''
fclose\t''
fcloseall\t''
freopen\t''
fdopen\t''
pclose\t''
poll\t''
ppoll\t''
select\t''
pselect\t''
epoll_create\t''
epoll_create1\t''
epoll_ctl\t''
epoll_wait\t''
epoll_pwait\t''
epoll_pwait2\t''
__fdelt_chk\t''
_Fork\t''
posix_spawn\t''
posix_spawnp\t''
execvp\t''
fexecve\t''
execveat\t''
system\t''
popen\t''
daemon\t''
forkpty\t''
login_tty\t''
quick_exit\t''
getaddrinfo\t''
freeaddrinfo\t''
getnameinfo\t''
gethostbyname\t''
gethostbyname2\t''
gethostbyaddr\t''
gethostbyname_r\t''
syscall\t''
dlopen\t''
dlmopen\t''"
complete -c bsock -n "__fish_bsock_using_subcommand trace" -l fd -d 'Only calls on these descriptors' -r
complete -c bsock -n "__fish_bsock_using_subcommand trace" -l address -d 'Only calls on sockets with this address on either side, or that pass it: HOST, :PORT, HOST:PORT, or a UNIX path' -r
complete -c bsock -n "__fish_bsock_using_subcommand trace" -l process -d 'Only these processes: a number, or the program\'s name' -r
complete -c bsock -n "__fish_bsock_using_subcommand trace" -l all -d 'Show read, write and close on files and pipes, too'
complete -c bsock -n "__fish_bsock_using_subcommand trace" -l follow -d 'Go on until the last descendant of COMMAND has ended, too. Ctrl-C then ends it'
complete -c bsock -n "__fish_bsock_using_subcommand trace" -l lossless -d 'Let a program that is faster than bsock wait for it, rather than lose calls'
complete -c bsock -n "__fish_bsock_using_subcommand trace" -l failed -d 'Only calls that failed'
complete -c bsock -n "__fish_bsock_using_subcommand trace" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bsock -n "__fish_bsock_using_subcommand check" -l format -d 'How to write the findings' -r -f -a "text\t'For people, in the manner of a compiler'
json\t'One object a line (docs/check-json.md)'
sarif\t'One SARIF 2.1.0 document, for services that show findings beside the source'
gcc\t'FILE:LINE:COLUMN: error: MESSAGE [RULE], for editors; warning: where the finding is not certain'"
complete -c bsock -n "__fish_bsock_using_subcommand check" -s o -l output -d 'Write to FILE instead of standard error' -r -F
complete -c bsock -n "__fish_bsock_using_subcommand check" -l allow -d 'Do not look for what RULE finds; can be given several times, and stand in .bsock.toml' -r
complete -c bsock -n "__fish_bsock_using_subcommand check" -l only -d 'Look for what RULE finds and nothing else; can be given several times' -r
complete -c bsock -n "__fish_bsock_using_subcommand check" -l lang -d 'The language of the report; otherwise that of LC_ALL, LC_MESSAGES or LANG. Mistakes in what was typed are told in English' -r -f -a "en\t'English'
zh\t'Chinese (中文)'"
complete -c bsock -n "__fish_bsock_using_subcommand check" -l with -d 'Start SERVER first, wait until it listens, and end it when the command has ended and all threads of SERVER wait, or a second later; both are checked' -r
complete -c bsock -n "__fish_bsock_using_subcommand check" -l record -d 'Keep the recording in FILE as well' -r -F
complete -c bsock -n "__fish_bsock_using_subcommand check" -l timeout -d 'End COMMAND and its descendants after so many seconds: with SIGTERM, two seconds later with SIGKILL. The exit status of run and trace is 124 then' -r
complete -c bsock -n "__fish_bsock_using_subcommand check" -l payload -d 'Record the first BYTES that each call on a socket sends or receives (check: 32, which rules look at; otherwise 0)' -r
complete -c bsock -n "__fish_bsock_using_subcommand check" -l ring-kib -d 'Room for the records of each of eight threads; further ones have half. More loses less when bsock gets no processor for long' -r
complete -c bsock -n "__fish_bsock_using_subcommand check" -l advice -d 'Show also what is not wrong but slow or not portable'
complete -c bsock -n "__fish_bsock_using_subcommand check" -l live -d 'Print findings as they come; those that need the whole picture still come at the end'
complete -c bsock -n "__fish_bsock_using_subcommand check" -l follow -d 'Go on until the last descendant of COMMAND has ended, too. Ctrl-C then ends it'
complete -c bsock -n "__fish_bsock_using_subcommand check" -l lossless -d 'Let a program that is faster than bsock wait for it, rather than lose calls'
complete -c bsock -n "__fish_bsock_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bsock -n "__fish_bsock_using_subcommand compare" -l from -d 'Who makes the calls' -r -f -a "c\t'A C program'
python\t'python3, through ctypes on both sides'"
complete -c bsock -n "__fish_bsock_using_subcommand compare" -l format -d 'How to show the comparison' -r -f -a "text\t'A table as wide as the terminal'
json\t'One object a line (docs/compare-json.md)'
svg\t'A chart of the ratios'"
complete -c bsock -n "__fish_bsock_using_subcommand compare" -s o -l output -d 'Write to FILE instead of standard output' -r -F
complete -c bsock -n "__fish_bsock_using_subcommand compare" -l repetitions -d 'How often each call is timed on each side, by turns; 0: not at all' -r
complete -c bsock -n "__fish_bsock_using_subcommand compare" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bsock -n "__fish_bsock_using_subcommand explain" -l lang -d 'The language of the list; otherwise that of LC_ALL, LC_MESSAGES or LANG' -r -f -a "en\t'English'
zh\t'Chinese (中文)'"
complete -c bsock -n "__fish_bsock_using_subcommand explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bsock -n "__fish_bsock_using_subcommand help; and not __fish_seen_subcommand_from run trace check compare explain help" -f -a "run" -d 'Run a program as it is, and keep a recording of its socket calls if asked'
complete -c bsock -n "__fish_bsock_using_subcommand help; and not __fish_seen_subcommand_from run trace check compare explain help" -f -a "trace" -d 'Show each socket call, decoded, one a line'
complete -c bsock -n "__fish_bsock_using_subcommand help; and not __fish_seen_subcommand_from run trace check compare explain help" -f -a "check" -d 'Say what the program does wrong on its sockets, and in which line of its source'
complete -c bsock -n "__fish_bsock_using_subcommand help; and not __fish_seen_subcommand_from run trace check compare explain help" -f -a "compare" -d 'Make the same calls to libc and to bsock: results, errno, what they leave behind, how long they take'
complete -c bsock -n "__fish_bsock_using_subcommand help; and not __fish_seen_subcommand_from run trace check compare explain help" -f -a "explain" -d 'Tell the long story of a rule, or list all rules'
complete -c bsock -n "__fish_bsock_using_subcommand help; and not __fish_seen_subcommand_from run trace check compare explain help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
