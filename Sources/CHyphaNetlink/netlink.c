// SPDX-License-Identifier: Apache-2.0
#include "CHyphaNetlink.h"
#include <endian.h>
#include <errno.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <netlink/cache.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/inet6.h>
#include <netlink/route/link/veth.h>
#include <netlink/route/route.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct hypha_netlink {
    struct nl_sock *socket;
};

// libnl has error numbers of its own.
static int code_of(int error) {
    if (error >= 0) return 0;
    switch (-error) {
    case NLE_INTR: return -EINTR;
    case NLE_BAD_SOCK: return -EBADF;
    case NLE_AGAIN:
    case NLE_DUMP_INTR: return -EAGAIN;
    case NLE_NOMEM: return -ENOMEM;
    case NLE_EXIST: return -EEXIST;
    case NLE_INVAL: return -EINVAL;
    case NLE_RANGE: return -ERANGE;
    case NLE_MSGSIZE: return -EMSGSIZE;
    case NLE_OPNOTSUPP: return -EOPNOTSUPP;
    case NLE_AF_NOSUPPORT: return -EAFNOSUPPORT;
    case NLE_OBJ_NOTFOUND: return -ENOENT;
    case NLE_NOADDR: return -EADDRNOTAVAIL;
    case NLE_BUSY: return -EBUSY;
    case NLE_NOACCESS: return -EACCES;
    case NLE_PERM: return -EPERM;
    case NLE_NODEV: return -ENODEV;
    default: return -EIO;
    }
}

int hypha_netlink_open(hypha_netlink **netlink) {
    hypha_netlink *made = calloc(1, sizeof *made);
    if (!made) return -ENOMEM;
    made->socket = nl_socket_alloc();
    if (!made->socket) {
        free(made);
        return -ENOMEM;
    }
    int error = nl_connect(made->socket, NETLINK_ROUTE);
    if (error < 0) {
        hypha_netlink_close(made);
        return code_of(error);
    }
    *netlink = made;
    return 0;
}

void hypha_netlink_close(hypha_netlink *netlink) {
    nl_socket_free(netlink->socket);
    free(netlink);
}

// A dump that a change interrupts is begun again, a few times at most.
enum { DUMP_ATTEMPTS = 4 };

static void store_name(char out[16], const char *name) {
    memset(out, 0, 16);
    if (name) strncpy(out, name, 15);
}

static void describe_link(struct rtnl_link *link, hypha_interface *out) {
    unsigned int native = rtnl_link_get_flags(link);
    uint32_t flags = 0;
    if (native & IFF_UP) flags |= HYPHA_INTERFACE_UP;
    if (native & IFF_RUNNING) flags |= HYPHA_INTERFACE_RUNNING;
    if (native & IFF_LOOPBACK) flags |= HYPHA_INTERFACE_LOOPBACK;
    if (native & IFF_MULTICAST) flags |= HYPHA_INTERFACE_MULTICAST;
    if (native & IFF_POINTOPOINT) flags |= HYPHA_INTERFACE_POINT_TO_POINT;
    *out = (hypha_interface){
        .index = (uint32_t)rtnl_link_get_ifindex(link),
        .flags = flags,
        .mtu = rtnl_link_get_mtu(link),
        .transmit_queue = rtnl_link_get_txqlen(link),
    };
    store_name(out->name, rtnl_link_get_name(link));
    store_name(out->kind, rtnl_link_get_type(link));
}

int hypha_netlink_interfaces(hypha_netlink *netlink, hypha_interface *out, size_t capacity) {
    struct nl_cache *cache = NULL;
    int error = -NLE_DUMP_INTR;
    for (int i = 0; i < DUMP_ATTEMPTS && error == -NLE_DUMP_INTR; i++) {
        error = rtnl_link_alloc_cache(netlink->socket, AF_UNSPEC, &cache);
    }
    if (error < 0) return code_of(error);
    size_t count = 0;
    for (struct nl_object *object = nl_cache_get_first(cache); object;
         object = nl_cache_get_next(object)) {
        if (count < capacity) describe_link((struct rtnl_link *)object, &out[count]);
        count++;
    }
    nl_cache_free(cache);
    return (int)count;
}

// Whether the address is IPv4 or IPv6.
static int describe_address(struct rtnl_addr *address, hypha_interface_address *out) {
    struct nl_addr *local = rtnl_addr_get_local(address);
    if (!local) return 0;
    *out = (hypha_interface_address){
        .interface = (uint32_t)rtnl_addr_get_ifindex(address),
        .prefix_length = (uint8_t)rtnl_addr_get_prefixlen(address),
    };
    unsigned int native = rtnl_addr_get_flags(address);
    if (native & IFA_F_TENTATIVE) out->flags |= HYPHA_ADDRESS_TENTATIVE;
    if (native & IFA_F_DEPRECATED) out->flags |= HYPHA_ADDRESS_DEPRECATED;
    if (native & IFA_F_DADFAILED) out->flags |= HYPHA_ADDRESS_FAILED;
    if (native & IFA_F_TEMPORARY) out->flags |= HYPHA_ADDRESS_TEMPORARY;
    const void *bytes = nl_addr_get_binary_addr(local);
    if (nl_addr_get_family(local) == AF_INET && nl_addr_get_len(local) == 4) {
        uint32_t word;
        memcpy(&word, bytes, sizeof word);
        out->is_ipv4 = 1;
        out->low = be32toh(word);
        return 1;
    }
    if (nl_addr_get_family(local) != AF_INET6 || nl_addr_get_len(local) != 16) return 0;
    uint64_t words[2];
    memcpy(words, bytes, sizeof words);
    out->high = be64toh(words[0]);
    out->low = be64toh(words[1]);
    return 1;
}

int hypha_netlink_addresses(hypha_netlink *netlink, hypha_interface_address *out, size_t capacity) {
    struct nl_cache *cache = NULL;
    int error = -NLE_DUMP_INTR;
    for (int i = 0; i < DUMP_ATTEMPTS && error == -NLE_DUMP_INTR; i++) {
        error = rtnl_addr_alloc_cache(netlink->socket, &cache);
    }
    if (error < 0) return code_of(error);
    size_t count = 0;
    for (struct nl_object *object = nl_cache_get_first(cache); object;
         object = nl_cache_get_next(object)) {
        hypha_interface_address found;
        if (!describe_address((struct rtnl_addr *)object, &found)) continue;
        if (count < capacity) out[count] = found;
        count++;
    }
    nl_cache_free(cache);
    return (int)count;
}

int hypha_netlink_change(hypha_netlink *netlink, uint32_t interface, uint32_t change,
                         uint32_t value) {
    struct rtnl_link *link = rtnl_link_alloc();
    struct rtnl_link *changes = rtnl_link_alloc();
    int error = -NLE_NOMEM;
    if (link && changes) {
        error = 0;
        rtnl_link_set_ifindex(link, (int)interface);
        switch (change) {
        case HYPHA_CHANGE_MTU: rtnl_link_set_mtu(changes, value); break;
        case HYPHA_CHANGE_UP: rtnl_link_set_flags(changes, IFF_UP); break;
        case HYPHA_CHANGE_DOWN: rtnl_link_unset_flags(changes, IFF_UP); break;
        case HYPHA_CHANGE_TRANSMIT_QUEUE: rtnl_link_set_txqlen(changes, value); break;
        case HYPHA_CHANGE_NO_LINK_LOCAL:
            error = rtnl_link_inet6_set_addr_gen_mode(changes, IN6_ADDR_GEN_MODE_NONE);
            break;
        default: error = -NLE_INVAL;
        }
        if (error == 0) error = rtnl_link_change(netlink->socket, link, changes, 0);
    }
    rtnl_link_put(changes);
    rtnl_link_put(link);
    return code_of(error);
}

// An IPv6 address object, or NULL.
static struct nl_addr *make_address(uint64_t high, uint64_t low, uint8_t prefix_length) {
    uint64_t words[2] = {htobe64(high), htobe64(low)};
    struct nl_addr *address = nl_addr_build(AF_INET6, words, sizeof words);
    if (address) nl_addr_set_prefixlen(address, prefix_length);
    return address;
}

int hypha_netlink_add_address(hypha_netlink *netlink, uint32_t interface, uint64_t high,
                              uint64_t low, uint8_t prefix_length) {
    struct nl_addr *local = make_address(high, low, prefix_length);
    struct rtnl_addr *address = rtnl_addr_alloc();
    int error = -NLE_NOMEM;
    if (local && address) {
        rtnl_addr_set_ifindex(address, (int)interface);
        rtnl_addr_set_scope(address, RT_SCOPE_UNIVERSE);
        rtnl_addr_set_flags(address, IFA_F_NODAD);
        error = rtnl_addr_set_local(address, local);
        if (error >= 0) error = rtnl_addr_add(netlink->socket, address, NLM_F_EXCL);
    }
    if (address) rtnl_addr_put(address);
    if (local) nl_addr_put(local);
    return code_of(error);
}

int hypha_netlink_add_route(hypha_netlink *netlink, uint32_t interface, uint64_t high, uint64_t low,
                            uint8_t prefix_length) {
    struct nl_addr *target = make_address(high, low, prefix_length);
    struct rtnl_route *route = rtnl_route_alloc();
    struct rtnl_nexthop *hop = rtnl_route_nh_alloc();
    int error = -NLE_NOMEM;
    if (target && route && hop) {
        rtnl_route_nh_set_ifindex(hop, (int)interface);
        // The route owns the next hop from here on.
        rtnl_route_add_nexthop(route, hop);
        hop = NULL;
        rtnl_route_set_table(route, RT_TABLE_MAIN);
        rtnl_route_set_scope(route, RT_SCOPE_UNIVERSE);
        error = rtnl_route_set_dst(route, target);
        if (error >= 0) error = rtnl_route_add(netlink->socket, route, NLM_F_EXCL);
    }
    if (hop) rtnl_route_nh_free(hop);
    if (route) rtnl_route_put(route);
    if (target) nl_addr_put(target);
    return code_of(error);
}

int hypha_netlink_add_veth(hypha_netlink *netlink, const char *name, const char *peer_name) {
    // The calling thread may be in another namespace than the process.
    return code_of(rtnl_link_veth_add(netlink->socket, name, peer_name, gettid()));
}

int hypha_netlink_move(hypha_netlink *netlink, uint32_t interface, int namespace_fd) {
    struct rtnl_link *link = rtnl_link_alloc();
    struct rtnl_link *changes = rtnl_link_alloc();
    int error = -NLE_NOMEM;
    if (link && changes) {
        rtnl_link_set_ifindex(link, (int)interface);
        rtnl_link_set_ns_fd(changes, namespace_fd);
        error = rtnl_link_change(netlink->socket, link, changes, 0);
    }
    rtnl_link_put(changes);
    rtnl_link_put(link);
    return code_of(error);
}

int hypha_netlink_set_gso_max_size(hypha_netlink *netlink, uint32_t interface, uint32_t bytes) {
    struct ifinfomsg header = {.ifi_family = AF_UNSPEC, .ifi_index = (int)interface};
    struct nl_msg *message = nlmsg_alloc_simple(RTM_NEWLINK, 0);
    if (!message) return -ENOMEM;
    int error = nlmsg_append(message, &header, sizeof header, NLMSG_ALIGNTO);
    if (error >= 0) error = nla_put_u32(message, IFLA_GSO_MAX_SIZE, bytes);
    if (error < 0) {
        nlmsg_free(message);
        return code_of(error);
    }
    // Frees the message in every case.
    return code_of(nl_send_sync(netlink->socket, message));
}
