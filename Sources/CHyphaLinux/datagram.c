// SPDX-License-Identifier: Apache-2.0
#include "address.h"
#include "retry.h"
#include <net/if.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>

static int set_integer(int fd, int level, int option, int value) {
    return HYPHA_RETRY(setsockopt(fd, level, option, &value, sizeof value));
}

static int configure(int fd, uint16_t port) {
    int code = set_integer(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (code == 0) code = set_integer(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    if (code == 0) code = set_integer(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0);
    if (code == 0) code = set_integer(fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0);
    if (code == 0) code = set_integer(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
    if (code < 0) return code;
    hypha_address any = {.port = port};
    struct sockaddr_storage storage;
    socklen_t length = hypha_address_encode(&any, &storage);
    return HYPHA_RETRY(bind(fd, (struct sockaddr *)&storage, length));
}

int hypha_discovery_open(uint16_t port) {
    int kind = SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
    int fd = HYPHA_RETRY(socket(AF_INET6, kind, IPPROTO_UDP));
    if (fd < 0) return fd;
    int code = configure(fd, port);
    if (code < 0) {
        close(fd);
        return code;
    }
    return fd;
}

static int membership(int fd, int option, uint64_t high, uint64_t low, uint32_t interface) {
    struct ipv6_mreq request = {
        .ipv6mr_multiaddr = hypha_ipv6_encode(high, low),
        .ipv6mr_interface = interface,
    };
    return HYPHA_RETRY(setsockopt(fd, IPPROTO_IPV6, option, &request, sizeof request));
}

int hypha_multicast_join(int fd, uint64_t high, uint64_t low, uint32_t interface) {
    return membership(fd, IPV6_JOIN_GROUP, high, low, interface);
}

int hypha_multicast_leave(int fd, uint64_t high, uint64_t low, uint32_t interface) {
    return membership(fd, IPV6_LEAVE_GROUP, high, low, interface);
}

ptrdiff_t hypha_datagram_send(int fd, const uint8_t *bytes, size_t count,
                              const hypha_address *address) {
    struct sockaddr_storage storage;
    socklen_t length = hypha_address_encode(address, &storage);
    return HYPHA_RETRY(sendto(fd, bytes, count, MSG_NOSIGNAL, (struct sockaddr *)&storage, length));
}

ptrdiff_t hypha_datagram_receive(int fd, uint8_t *bytes, size_t count, hypha_address *source,
                                 int32_t *hop_limit) {
    struct sockaddr_storage storage;
    memset(&storage, 0, sizeof storage);
    _Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(int)) * 4];
    struct iovec vector = {.iov_base = bytes, .iov_len = count};
    struct msghdr message = {
        .msg_name = &storage,
        .msg_namelen = sizeof storage,
        .msg_iov = &vector,
        .msg_iovlen = 1,
        .msg_control = control,
        .msg_controllen = sizeof control,
    };
    ptrdiff_t received = HYPHA_RETRY(recvmsg(fd, &message, 0));
    if (received < 0) return received;
    *hop_limit = -1;
    for (struct cmsghdr *part = CMSG_FIRSTHDR(&message); part; part = CMSG_NXTHDR(&message, part)) {
        if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_HOPLIMIT) {
            memcpy(hop_limit, CMSG_DATA(part), sizeof *hop_limit);
        }
    }
    int code = hypha_address_decode(&storage, source);
    return code < 0 ? code : received;
}

int hypha_resolve(const char *name, uint16_t port, hypha_address *addresses, size_t capacity) {
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    int code = getaddrinfo(name, NULL, &hints, &list);
    if (code == EAI_NONAME || code == EAI_NODATA) return HYPHA_RESOLVE_NOT_FOUND;
    if (code == EAI_AGAIN) return HYPHA_RESOLVE_TEMPORARY;
    if (code != 0) return HYPHA_RESOLVE_FAILED;
    size_t count = 0;
    for (struct addrinfo *entry = list; entry && count < capacity; entry = entry->ai_next) {
        struct sockaddr_storage storage;
        memset(&storage, 0, sizeof storage);
        if (entry->ai_addrlen > sizeof storage) continue;
        memcpy(&storage, entry->ai_addr, entry->ai_addrlen);
        if (hypha_address_decode(&storage, &addresses[count]) < 0) continue;
        addresses[count].port = port;
        count++;
    }
    freeaddrinfo(list);
    return (int)count;
}

uint32_t hypha_interface_index(const char *name) { return if_nametoindex(name); }
