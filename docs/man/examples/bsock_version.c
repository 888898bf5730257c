/* Is the library that was found at least as new as the header? */
#include <bsock.h>
#include <stdio.h>

int main(void)
{
    printf("compiled with %s, running with %s\n",
           BSOCK_VERSION_STRING, bsock_version_string());
    if (bsock_version() < BSOCK_VERSION) {
        fprintf(stderr, "libbsock is too old\n");
        return 1;
    }
    return 0;
}
