// SPDX-License-Identifier: Apache-2.0
#include "CHyphaNetlink.h"
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

int hypha_netlink_monitor_open(void) {
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0) return -errno;
    struct sockaddr_nl address = {
        .nl_family = AF_NETLINK,
        .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE
            | RTMGRP_IPV6_ROUTE,
    };
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        int code = -errno;
        close(fd);
        return code;
    }
    return fd;
}

static int event_of(const struct nlmsghdr *message) {
    switch (message->nlmsg_type) {
    case RTM_NEWLINK:
    case RTM_DELLINK: return HYPHA_EVENT_LINK;
    case RTM_NEWADDR:
    case RTM_DELADDR: return HYPHA_EVENT_ADDRESS;
    case RTM_NEWROUTE:
    case RTM_DELROUTE: return HYPHA_EVENT_ROUTE;
    default: return 0;
    }
}

int hypha_netlink_monitor_drain(int fd) {
    // Bounded, so that a storm of changes cannot hold the caller; the socket stays readable.
    enum { READS_MAX = 64 };
    _Alignas(struct nlmsghdr) char buffer[16384];
    int events = 0;
    for (int i = 0; i < READS_MAX; i++) {
        struct sockaddr_nl sender = {0};
        socklen_t length = sizeof sender;
        ptrdiff_t count =
            recvfrom(fd, buffer, sizeof buffer, MSG_TRUNC, (struct sockaddr *)&sender, &length);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno == ENOBUFS) {
            events |= HYPHA_EVENT_OVERFLOW;
            continue;
        }
        if (count < 0) return errno == EAGAIN ? events : -errno;
        // Only the kernel may speak here.
        if (sender.nl_pid != 0) continue;
        if ((size_t)count > sizeof buffer) {
            events |= HYPHA_EVENT_OVERFLOW;
            continue;
        }
        size_t rest = (size_t)count;
        for (struct nlmsghdr *message = (struct nlmsghdr *)buffer; NLMSG_OK(message, rest);
             message = NLMSG_NEXT(message, rest)) {
            events |= event_of(message);
        }
    }
    return events;
}
