// SPDX-License-Identifier: Apache-2.0
// A bare userspace UDP relay: one recvfrom and one sendto a datagram, no copy, no cipher, no thought.
// About the least that a transit node in user space can add to a round trip; duel.py puts it between two yardsticks.
// usage: relay PORT ADDRESS ADDRESS      datagrams to PORT that come from one of the two addresses go to the other, same port
// build: gcc -O2 relay.c -o relay
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

int main(int count, char **words) {
    static char datagram[65536];
    struct sockaddr_in6 ends[2] = {{.sin6_family = AF_INET6}, {.sin6_family = AF_INET6}}, any = {.sin6_family = AF_INET6};
    if (count != 4 || inet_pton(AF_INET6, words[2], &ends[0].sin6_addr) != 1 || inet_pton(AF_INET6, words[3], &ends[1].sin6_addr) != 1) {
        fprintf(stderr, "usage: %s PORT ADDRESS ADDRESS\n", words[0]);
        return 2;
    }
    any.sin6_port = ends[0].sin6_port = ends[1].sin6_port = htons(atoi(words[1]));
    int carrier = socket(AF_INET6, SOCK_DGRAM, 0), size = 8 << 20;
    setsockopt(carrier, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
    setsockopt(carrier, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
    if (bind(carrier, (void *)&any, sizeof any) < 0) {
        perror("bind");
        return 1;
    }
    for (;;) {
        struct sockaddr_in6 from;
        socklen_t length = sizeof from;
        ssize_t got = recvfrom(carrier, datagram, sizeof datagram, 0, (void *)&from, &length);
        if (got < 0)
            continue; // an ICMP error of an end that is not up yet
        int other = !memcmp(&from.sin6_addr, &ends[0].sin6_addr, sizeof from.sin6_addr);
        sendto(carrier, datagram, got, 0, (void *)&ends[other], sizeof ends[other]);
    }
}
