/* What the system knows about a socket that listens. */
#include <bsock.h>
#include <stdio.h>

int main(void)
{
    struct bsock_pcb pcb;
    char local[128];
    int listener = bsock_listen_on("127.0.0.1", "0", 5);

    if (listener < 0
        || bsock_pcb_get(listener, &pcb, sizeof pcb) < 0)
        return 1;
    if (bsock_address_format((const struct sockaddr *)&pcb.local,
                             pcb.local_length, local,
                             sizeof local) < 0)
        return 1;
    printf("%s, %s\n", local,
           pcb.listening ? "listening" : "not listening");
    return !pcb.listening;
}
