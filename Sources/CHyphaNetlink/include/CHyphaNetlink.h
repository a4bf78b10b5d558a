// SPDX-License-Identifier: Apache-2.0
//
// Interfaces, addresses and routes through libnl. Functions return a count, a descriptor or 0, and
// -errno on failure.
#pragma once
#include <stddef.h>
#include <stdint.h>

typedef struct hypha_netlink hypha_netlink;

enum {
    HYPHA_INTERFACE_UP = 1,
    HYPHA_INTERFACE_RUNNING = 2,
    HYPHA_INTERFACE_LOOPBACK = 4,
    HYPHA_INTERFACE_MULTICAST = 8,
    HYPHA_INTERFACE_POINT_TO_POINT = 16,
};

typedef struct {
    uint32_t index;
    uint32_t flags;
    uint32_t mtu;
    uint32_t transmit_queue;
    char name[16];
    /// `tun`, `veth`, `bridge`, ...; empty for hardware.
    char kind[16];
} hypha_interface;

enum {
    HYPHA_ADDRESS_TENTATIVE = 1,
    HYPHA_ADDRESS_DEPRECATED = 2,
    HYPHA_ADDRESS_FAILED = 4,
    HYPHA_ADDRESS_TEMPORARY = 8,
};

typedef struct {
    uint64_t high;
    uint64_t low;
    uint32_t interface;
    uint32_t flags;
    uint8_t is_ipv4;
    uint8_t prefix_length;
    uint8_t reserved[6];
} hypha_interface_address;

int hypha_netlink_open(hypha_netlink **netlink);
void hypha_netlink_close(hypha_netlink *netlink);

/// How many there are; the first `capacity` of them are stored.
int hypha_netlink_interfaces(hypha_netlink *netlink, hypha_interface *out, size_t capacity);
int hypha_netlink_addresses(hypha_netlink *netlink, hypha_interface_address *out, size_t capacity);

enum {
    HYPHA_CHANGE_MTU = 1,
    HYPHA_CHANGE_UP = 2,
    HYPHA_CHANGE_DOWN = 4,
    HYPHA_CHANGE_TRANSMIT_QUEUE = 8,
    /// No link-local address of the kernel's own making; `value` is ignored.
    HYPHA_CHANGE_NO_LINK_LOCAL = 16,
};
/// Makes one change to one interface.
int hypha_netlink_change(hypha_netlink *netlink, uint32_t interface, uint32_t change,
                         uint32_t value);
/// Sets the largest super-packet that the interface takes (IFLA_GSO_MAX_SIZE).
int hypha_netlink_set_gso_max_size(hypha_netlink *netlink, uint32_t interface, uint32_t bytes);

/// Adds an IPv6 address without duplicate address detection; -EEXIST when it is there.
int hypha_netlink_add_address(hypha_netlink *netlink, uint32_t interface, uint64_t high,
                              uint64_t low, uint8_t prefix_length);
/// Adds an IPv6 route through an interface to the main table; -EEXIST when it is there.
int hypha_netlink_add_route(hypha_netlink *netlink, uint32_t interface, uint64_t high,
                            uint64_t low, uint8_t prefix_length);

/// Makes two connected virtual Ethernet interfaces.
int hypha_netlink_add_veth(hypha_netlink *netlink, const char *name, const char *peer_name);
/// Moves an interface into the network namespace of a descriptor.
int hypha_netlink_move(hypha_netlink *netlink, uint32_t interface, int namespace_fd);

enum {
    HYPHA_EVENT_LINK = 1,
    HYPHA_EVENT_ADDRESS = 2,
    HYPHA_EVENT_ROUTE = 4,
    /// Notifications were lost: anything may have changed.
    HYPHA_EVENT_OVERFLOW = 8,
};
/// A non-blocking socket that hears of changes to links, addresses and routes.
int hypha_netlink_monitor_open(void);
/// Reads what is there (a bounded amount): HYPHA_EVENT_* flags, 0 when nothing was.
int hypha_netlink_monitor_drain(int fd);
