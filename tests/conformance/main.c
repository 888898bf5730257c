/*
 * Runs the rows of the table, each in a process of its own, and prints a line for each. Included behind the rows.
 *
 *     program [--list] [--without-hostile] [--patience=SECONDS] [--under=LIBRARY] [call/ | call/what]...
 *
 * Ends with status 1 if a row did not answer as it was expected to, and with 3 if LIBRARY is not loaded.
 */
#include <link.h>
#include "run.h"

static int without_hostile;

static int is_it(struct dl_phdr_info *object, size_t size, void *library)
{
    const char *name = strrchr(object->dlpi_name, '/');
    (void)size;
    return name && !strcmp(name + 1, library);
}

int main(int count, char **arguments)
{
    char folder[] = "/tmp/bsock-conformance-XXXXXX";
    int lists = 0, bad = 0;
    for (int i = 1; i < count; i++) {
        lists |= !strcmp(arguments[i], "--list");
        without_hostile |= !strcmp(arguments[i], "--without-hostile");
        if (!strncmp(arguments[i], "--patience=", 11))
            patience_of_rows = (unsigned)atoi(arguments[i] + 11);
        if (!strncmp(arguments[i], "--under=", 8) && !dl_iterate_phdr(is_it, arguments[i] + 8))
            return 3;
    }
    if (!lists && (!mkdtemp(folder) || chmod(folder, 0755) != 0 || chdir(folder) != 0)) {
        perror(folder);
        return 2;
    }
    for (const struct row *row = first_row; row; row = row->next) {
        if ((row->hostile && without_hostile) || !is_chosen(row, count, arguments))
            continue;
        if (lists)
            printf("%s/%s %s\n", row->call, row->what, name_of(row->expected));
        else
            bad += !run_row(row);
    }
    if (!lists)
        rmdir(folder);
    return bad != 0;
}
