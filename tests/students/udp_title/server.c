/* Exercise: the UDP server of the notes: sends every message back, each word with a capital letter.
 * Mistake: client_length is zero at the first recvfrom(), so that no address is stored and the first answer goes to
 * nobody. (From the second on it works, by accident: recvfrom() has written the true length.)
 * Usage: ./server PORT */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct sockaddr_in server_address;
struct sockaddr_in client_address;
socklen_t client_length;
char message[1024];

static void title(char *text, ssize_t length)
{
    int start = 1;
    for (ssize_t i = 0; i < length; i++) {
        if (start)
            text[i] = toupper((unsigned char)text[i]);
        start = isspace((unsigned char)text[i]);
    }
}

int main(int argc, char *argv[])
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s PORT\n", argv[0]);
        return 2;
    }
    int server = socket(AF_INET, SOCK_DGRAM, 0);
    if (server < 0) {
        perror("socket");
        exit(1);
    }
    server_address.sin_family = AF_INET;
    server_address.sin_port = htons(atoi(argv[1]));
    server_address.sin_addr.s_addr = inet_addr("127.0.0.1");
    if (bind(server, (struct sockaddr *)&server_address, sizeof(server_address)) < 0) {
        perror("bind");
        exit(1);
    }
    printf("the server has started\n");
    for (;;) {
#ifdef MENDED
        client_length = sizeof(client_address);
#endif
        /* found: addrlen-not-set */
        ssize_t n = recvfrom(server, message, sizeof(message), 0, (struct sockaddr *)&client_address, &client_length);
        if (n < 0) {
            perror("recvfrom");
            continue;
        }
        printf("%.*s\n", (int)n, message);
        title(message, n);
        if (sendto(server, message, n, 0, (struct sockaddr *)&client_address, client_length) < 0)
            perror("sendto");
    }
}
