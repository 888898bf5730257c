/*
 * Runs a row in a process of its own and prints its line: the result and the state that it has left behind. Included behind
 * the rows, by main.c and by the runner of `bsock compare` (crates/cli/cases/).
 */

static const char *name_of(int code)
{
    const char *name = code > 0 ? strerrorname_np(code) : NULL;
    return code == 0 ? "ok" : code == CANCELLED ? "cancelled" : name ? name : "?";
}

static int makes_descriptors(const char *call)
{
    return !strcmp(call, "socket") || !strcmp(call, "accept") || !strcmp(call, "accept4");
}

static int takes_descriptor(const char *call)
{
    return strcmp(call, "socket") && strcmp(call, "socketpair") && strcmp(call, "poll");
}

/* Prints the row's line and ends its process. */
static void finish(void)
{
    const struct row *row = now.row;
    int open_ones = 0, judged = !now.skipped[0];
    if (judged && now.call && !now.wrong[0]) {
        if (takes_descriptor(now.call) && now.argument == (int)now.argument && now.argument >= 0)
            observe("it", NULL, (int)now.argument);
        if (now.result >= 0 && makes_descriptors(now.call))
            observe("new", now.call, (int)now.result);
    }
    for (int fd = 3; fd < 200; fd++)
        open_ones += fcntl(fd, F_GETFD) >= 0;
    say(" open=%d", open_ones);
    if (now.pipes) {
        int on_socket = now.call && takes_descriptor(now.call) && is_socket((int)now.argument);
        say(" sigpipe%s%s=%d", on_socket ? ":" : "", on_socket ? now.call : "", now.pipes);
    }
    if (judged && !now.wrong[0]) {
        if (!now.call)
            wrong("no call was made");
        else if (strcmp(now.call, row->call))
            wrong("the last call was %s", now.call);
        else if (now.code != row->expected)
            wrong("expected %s, got %s", name_of(row->expected), name_of(now.code));
    }
    if (now.skipped[0])
        printf("case %s/%s: skipped: %s\n", row->call, row->what, now.skipped);
    else if (now.wrong[0])
        printf("case %s/%s: WRONG: %s;%s\n", row->call, row->what, now.wrong, now.text);
    else if (now.code == 0)
        printf("case %s/%s: %ld%s\n", row->call, row->what, now.result, now.text);
    else
        printf("case %s/%s: %s%s\n", row->call, row->what, name_of(now.code), now.text);
    fflush(stdout);
    _exit(now.wrong[0] != 0);
}

static void on_pipe(int number)
{
    (void)number;
    atomic_fetch_add(&now.pipes, 1);
}

static void catch_pipe_signals(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_pipe;
    sigaction(SIGPIPE, &action, NULL);
}

static void clear_folder(void)
{
    DIR *folder = opendir(".");
    struct dirent *entry;
    while (folder && (entry = readdir(folder)))
        if (entry->d_name[0] != '.' && unlink(entry->d_name) != 0)
            rmdir(entry->d_name);
    if (folder)
        closedir(folder);
}

static unsigned patience_of_rows = 60;

/* Answers whether the row is as it should be. */
static int run_row(const struct row *row)
{
    int status;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        catch_pipe_signals();
        alarm(patience_of_rows); /* No row waits for this: it ends what hangs. */
        now.row = row;
        row->run();
        finish();
    }
    if (child < 0 || waitpid(child, &status, 0) != child) {
        printf("case %s/%s: WRONG: %s\n", row->call, row->what, strerror(errno));
        return 0;
    }
    if (WIFSIGNALED(status))
        printf("case %s/%s: WRONG: ended by signal %d\n", row->call, row->what, WTERMSIG(status));
    else if (WEXITSTATUS(status) > 1)
        printf("case %s/%s: WRONG: ended with status %d\n", row->call, row->what, WEXITSTATUS(status));
    clear_folder();
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int is_chosen(const struct row *row, int count, char **names)
{
    char name[128];
    int any = 0;
    snprintf(name, sizeof name, "%s/%s", row->call, row->what);
    for (int i = 1; i < count; i++) {
        size_t length = strlen(names[i]);
        if (names[i][0] == '-')
            continue;
        any = 1;
        if (!strncmp(name, names[i], length) && (names[i][length - 1] == '/' || !name[length]))
            return 1;
    }
    return !any;
}
