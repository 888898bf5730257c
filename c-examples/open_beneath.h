/* Opening a file that a stranger has named, and no file outside of one folder.
 * What the HTTP server and the file server share.
 *
 * Looking at the name is not enough: a symbolic link inside the folder may lead
 * out of it. Resolving the name first and opening it then is not enough either:
 * somebody may put a link in its place in between. So the file is opened, and
 * the system is asked what it was that was opened.
 */
#ifndef OPEN_BENEATH_H
#define OPEN_BENEATH_H

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bsock.h"

/* Whether one of the parts between the slashes is "..". Such a name is refused
 * whatever it leads to, so that nobody learns which files are outside. */
static inline int climbs(const char *name)
{
    while (*name != '\0') {
        size_t length = strcspn(name, "/");
        if (length == 2 && name[0] == '.' && name[1] == '.')
            return 1;
        name += length;
        name += strspn(name, "/");
    }
    return 0;
}

/* Whether the open file lies in the folder, which is a path from realpath(). */
static inline int is_beneath(int fd, const char *folder)
{
    char link[64], path[PATH_MAX];
    size_t length = strcmp(folder, "/") == 0 ? 0 : strlen(folder);
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    return realpath(link, path) != NULL && strncmp(path, folder, length) == 0 &&
           (path[length] == '/' || path[length] == '\0');
}

/* Opens a file or folder for reading, and tells about it. Returns a descriptor,
 * or one of bsock's codes, which are -errno: BSOCK_EACCES also for a name that
 * leads out of the folder and for what is neither a file nor a folder. */
static inline int open_beneath(const char *folder, const char *name, struct stat *about)
{
    char path[PATH_MAX];
    if (climbs(name))
        return BSOCK_EACCES;
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        return BSOCK_ENAMETOOLONG;
    /* O_NONBLOCK: to open a FIFO would otherwise mean to wait for its writer. */
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    if (fstat(fd, about) == 0 && (S_ISREG(about->st_mode) || S_ISDIR(about->st_mode)) && is_beneath(fd, folder))
        return fd;
    bsock_close(fd);
    return BSOCK_EACCES;
}

#endif
