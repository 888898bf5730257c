/* What client and server of the calculator say to each other: numbers in network byte order. */
#include <stdint.h>

struct request {
    uint32_t operation; /* '+', '-', '*' or 0 to end */
    uint32_t left;
    uint32_t right;
};

struct answer {
    uint32_t result;
};
