// SPDX-License-Identifier: Apache-2.0
#include "address.h"
#include "retry.h"
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { OPEN_FLAGS = SOCK_NONBLOCK | SOCK_CLOEXEC };

static int set_integer(int fd, int level, int option, int value) {
    return HYPHA_RETRY(setsockopt(fd, level, option, &value, sizeof value));
}

// Closes `fd` and passes a failure on.
static int refuse(int fd, int code) {
    close(fd);
    return code;
}

int hypha_tcp_listen(const hypha_address *address, int backlog) {
    int family = address->is_ipv4 ? AF_INET : AF_INET6;
    int fd = HYPHA_RETRY(socket(family, SOCK_STREAM | OPEN_FLAGS, IPPROTO_TCP));
    if (fd < 0) return fd;
    int code = set_integer(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (code == 0 && family == AF_INET6) code = set_integer(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    if (code < 0) return refuse(fd, code);
    struct sockaddr_storage storage;
    socklen_t length = hypha_address_encode(address, &storage);
    code = HYPHA_RETRY(bind(fd, (struct sockaddr *)&storage, length));
    if (code == 0) code = HYPHA_RETRY(listen(fd, backlog));
    return code < 0 ? refuse(fd, code) : fd;
}

int hypha_accept(int fd, hypha_address *peer) {
    struct sockaddr_storage storage;
    memset(&storage, 0, sizeof storage);
    socklen_t length = sizeof storage;
    int accepted = HYPHA_RETRY(accept4(fd, (struct sockaddr *)&storage, &length, OPEN_FLAGS));
    if (accepted >= 0) (void)hypha_address_decode(&storage, peer);
    return accepted;
}

int hypha_tcp_open(int is_ipv4) {
    int family = is_ipv4 ? AF_INET : AF_INET6;
    return HYPHA_RETRY(socket(family, SOCK_STREAM | OPEN_FLAGS, IPPROTO_TCP));
}

int hypha_connect(int fd, const hypha_address *address) {
    struct sockaddr_storage storage;
    socklen_t length = hypha_address_encode(address, &storage);
    // An interrupted connect goes on by itself: like EINPROGRESS, never retry.
    if (connect(fd, (struct sockaddr *)&storage, length) == 0) return 0;
    return errno == EINPROGRESS || errno == EINTR ? 0 : -errno;
}

int hypha_connect_result(int fd) {
    int code = 0;
    socklen_t length = sizeof code;
    int result = HYPHA_RETRY(getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &length));
    if (result < 0) return result;
    if (code != 0) return -code;
    struct sockaddr_storage storage;
    length = sizeof storage;
    result = HYPHA_RETRY(getpeername(fd, (struct sockaddr *)&storage, &length));
    return result == -ENOTCONN ? -EINPROGRESS : result;
}

int hypha_set_option(int fd, int option, int value) {
    switch (option) {
    case HYPHA_OPTION_NO_DELAY: return set_integer(fd, IPPROTO_TCP, TCP_NODELAY, value);
    case HYPHA_OPTION_NOT_SENT_LOW_WATER:
        return set_integer(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, value);
    case HYPHA_OPTION_USER_TIMEOUT: return set_integer(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, value);
    case HYPHA_OPTION_MARK: return set_integer(fd, SOL_SOCKET, SO_MARK, value);
    case HYPHA_OPTION_SEND_BUFFER: return set_integer(fd, SOL_SOCKET, SO_SNDBUF, value);
    case HYPHA_OPTION_RECEIVE_BUFFER: return set_integer(fd, SOL_SOCKET, SO_RCVBUF, value);
    case HYPHA_OPTION_SEGMENT: return set_integer(fd, IPPROTO_TCP, TCP_MAXSEG, value);
    default: return -EINVAL;
    }
}

int hypha_local_address(int fd, hypha_address *address) {
    struct sockaddr_storage storage;
    memset(&storage, 0, sizeof storage);
    socklen_t length = sizeof storage;
    int code = HYPHA_RETRY(getsockname(fd, (struct sockaddr *)&storage, &length));
    return code < 0 ? code : hypha_address_decode(&storage, address);
}

int hypha_peer_address(int fd, hypha_address *address) {
    struct sockaddr_storage storage;
    memset(&storage, 0, sizeof storage);
    socklen_t length = sizeof storage;
    int code = HYPHA_RETRY(getpeername(fd, (struct sockaddr *)&storage, &length));
    return code < 0 ? code : hypha_address_decode(&storage, address);
}

int hypha_route_mtu(const hypha_address *remote) {
    struct sockaddr_storage storage;
    socklen_t length = hypha_address_encode(remote, &storage);
    int fd = HYPHA_RETRY(socket(storage.ss_family, SOCK_DGRAM | OPEN_FLAGS, IPPROTO_UDP));
    if (fd < 0) return fd;
    int is_ipv4 = storage.ss_family == AF_INET;
    int mtu = 0;
    socklen_t size = sizeof mtu;
    int code = HYPHA_RETRY(connect(fd, (struct sockaddr *)&storage, length));
    if (code == 0) {
        int level = is_ipv4 ? IPPROTO_IP : IPPROTO_IPV6;
        code = HYPHA_RETRY(getsockopt(fd, level, is_ipv4 ? IP_MTU : IPV6_MTU, &mtu, &size));
    }
    close(fd);
    return code < 0 ? code : mtu;
}

int64_t hypha_unsent_bytes(int fd) {
    int count = 0;
    int code = HYPHA_RETRY(ioctl(fd, SIOCOUTQNSD, &count));
    return code < 0 ? code : count;
}

int hypha_tcp_report_read(int fd, hypha_tcp_report *report) {
    struct tcp_info info;
    memset(&info, 0, sizeof info);
    socklen_t length = sizeof info;
    int code = HYPHA_RETRY(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length));
    if (code < 0) return code;
    *report = (hypha_tcp_report){
        .round_trip_microseconds = info.tcpi_rtt,
        .round_trip_variance_microseconds = info.tcpi_rttvar,
        .retransmits_total = info.tcpi_total_retrans,
        .segment_size_bytes = info.tcpi_snd_mss,
        .congestion_window_segments = info.tcpi_snd_cwnd,
        .delivery_rate_bytes_per_second = info.tcpi_delivery_rate,
    };
    return 0;
}
