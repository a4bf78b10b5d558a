// SPDX-License-Identifier: Apache-2.0
#include "address.h"
#include <endian.h>
#include <errno.h>
#include <string.h>

struct in6_addr hypha_ipv6_encode(uint64_t high, uint64_t low) {
    struct in6_addr result;
    uint64_t words[2] = {htobe64(high), htobe64(low)};
    memcpy(&result, words, sizeof result);
    return result;
}

socklen_t hypha_address_encode(const hypha_address *address, struct sockaddr_storage *storage) {
    memset(storage, 0, sizeof *storage);
    if (address->is_ipv4) {
        struct sockaddr_in *v4 = (struct sockaddr_in *)storage;
        v4->sin_family = AF_INET;
        v4->sin_port = htons(address->port);
        v4->sin_addr.s_addr = htonl((uint32_t)address->low);
        return sizeof *v4;
    }
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)storage;
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(address->port);
    v6->sin6_scope_id = address->scope;
    v6->sin6_addr = hypha_ipv6_encode(address->high, address->low);
    return sizeof *v6;
}

int hypha_address_decode(const struct sockaddr_storage *storage, hypha_address *address) {
    *address = (hypha_address){0};
    if (storage->ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)storage;
        address->is_ipv4 = 1;
        address->low = ntohl(v4->sin_addr.s_addr);
        address->port = ntohs(v4->sin_port);
        return 0;
    }
    if (storage->ss_family != AF_INET6) return -EAFNOSUPPORT;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)storage;
    uint64_t words[2];
    memcpy(words, &v6->sin6_addr, sizeof words);
    address->high = be64toh(words[0]);
    address->low = be64toh(words[1]);
    address->scope = v6->sin6_scope_id;
    address->port = ntohs(v6->sin6_port);
    return 0;
}
