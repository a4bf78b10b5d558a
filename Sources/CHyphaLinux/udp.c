// SPDX-License-Identifier: Apache-2.0
#include "address.h"
#include "retry.h"
#include <netinet/udp.h>
#include <string.h>
#include <unistd.h>

// Missing in the headers of Debian 12's glibc.
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

_Static_assert(sizeof(struct sockaddr_in6) <= sizeof(hypha_native_address), "addresses");
_Static_assert(sizeof(hypha_native_address) == 32, "addresses are four words");

enum { CHUNK = 32, BUFFER_BYTES = 8 << 20 };
enum { CONTROL_BYTES = CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(int)) + 64 };

typedef union {
    struct cmsghdr alignment;
    uint8_t bytes[CONTROL_BYTES];
} control_block;

static int set_integer(int fd, int level, int option, int value) {
    return HYPHA_RETRY(setsockopt(fd, level, option, &value, sizeof value));
}

// ---------------------------------------------------------------- addresses

static void map_ipv4(struct in6_addr *target, struct in_addr source) {
    memset(target, 0, sizeof *target);
    target->s6_addr[10] = 0xff;
    target->s6_addr[11] = 0xff;
    memcpy(&target->s6_addr[12], &source, sizeof source);
}

static void keep_address(const struct sockaddr_storage *storage, hypha_native_address *address) {
    struct sockaddr_in6 v6;
    memset(&v6, 0, sizeof v6);
    if (storage->ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)storage;
        v6.sin6_family = AF_INET6;
        v6.sin6_port = v4->sin_port;
        map_ipv4(&v6.sin6_addr, v4->sin_addr);
    } else {
        memcpy(&v6, storage, sizeof v6);
        v6.sin6_flowinfo = 0;
    }
    memset(address, 0, sizeof *address);
    memcpy(address, &v6, sizeof v6);
}

void hypha_native_encode(const hypha_address *address, hypha_native_address *native) {
    struct sockaddr_storage storage;
    (void)hypha_address_encode(address, &storage);
    keep_address(&storage, native);
}

void hypha_native_decode(const hypha_native_address *native, hypha_address *address) {
    struct sockaddr_storage storage;
    memset(&storage, 0, sizeof storage);
    memcpy(&storage, native, sizeof *native);
    (void)hypha_address_decode(&storage, address);
}

// ---------------------------------------------------------------- opening

// Larger than net.core.rmem_max only with CAP_NET_ADMIN; as large as allowed without.
static int enlarge(int fd, int force, int plain) {
    if (set_integer(fd, SOL_SOCKET, force, BUFFER_BYTES) == 0) return 0;
    return set_integer(fd, SOL_SOCKET, plain, BUFFER_BYTES);
}

static int configure(int fd, int is_ipv4, uint32_t mark) {
    int code = enlarge(fd, SO_RCVBUFFORCE, SO_RCVBUF);
    if (code == 0) code = enlarge(fd, SO_SNDBUFFORCE, SO_SNDBUF);
    // Never in fragments, and no limit but the device's: the path is probed by ourselves.
    if (code == 0) code = set_integer(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
    if (code == 0 && is_ipv4) code = set_integer(fd, IPPROTO_IP, IP_PKTINFO, 1);
    if (code == 0 && mark != 0) code = set_integer(fd, SOL_SOCKET, SO_MARK, (int)mark);
    if (code < 0 || is_ipv4) return code;
    code = set_integer(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    if (code == 0) code = set_integer(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
    if (code == 0) code = set_integer(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
    return code;
}

int hypha_udp_open(const hypha_address *address, uint32_t mark, uint32_t *features) {
    int family = address->is_ipv4 ? AF_INET : AF_INET6;
    int kind = SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
    int fd = HYPHA_RETRY(socket(family, kind, IPPROTO_UDP));
    if (fd < 0) return fd;
    int code = configure(fd, address->is_ipv4, mark);
    struct sockaddr_storage storage;
    socklen_t length = hypha_address_encode(address, &storage);
    if (code == 0) code = HYPHA_RETRY(bind(fd, (struct sockaddr *)&storage, length));
    if (code < 0) {
        close(fd);
        return code;
    }
    *features = address->is_ipv4 ? HYPHA_UDP_IPV4 : 0;
    if (set_integer(fd, IPPROTO_UDP, UDP_GRO, 1) == 0) *features |= HYPHA_UDP_JOINS;
    if (set_integer(fd, IPPROTO_UDP, UDP_SEGMENT, 0) == 0) *features |= HYPHA_UDP_CUTS;
    return fd;
}

// ---------------------------------------------------------------- receiving

static void read_control(struct msghdr *message, hypha_datagram *datagram) {
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part)) {
        if (part->cmsg_level == IPPROTO_UDP && part->cmsg_type == UDP_GRO) {
            int segment = 0;
            memcpy(&segment, CMSG_DATA(part), sizeof segment);
            if (segment > 0) datagram->segment_byte_count = (uint32_t)segment;
        } else if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;
            memcpy(&info, CMSG_DATA(part), sizeof info);
            memcpy(&datagram->from.local_high, &info.ipi6_addr, 16);
            datagram->from.interface = info.ipi6_ifindex;
        } else if (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            struct in6_addr mapped;
            memcpy(&info, CMSG_DATA(part), sizeof info);
            map_ipv4(&mapped, info.ipi_addr);
            memcpy(&datagram->from.local_high, &mapped, 16);
            datagram->from.interface = (uint32_t)info.ipi_ifindex;
        }
    }
}

int hypha_udp_receive(int fd, uint8_t *base, size_t length, size_t slot, hypha_datagram *datagrams,
                      size_t capacity) {
    struct mmsghdr messages[CHUNK];
    struct iovec vectors[CHUNK];
    struct sockaddr_storage names[CHUNK];
    control_block controls[CHUNK];
    size_t count = capacity < CHUNK ? capacity : CHUNK;
    if (slot == 0 || count > length / slot) return -EINVAL;
    for (size_t i = 0; i < count; i++) {
        vectors[i] = (struct iovec){.iov_base = base + i * slot, .iov_len = slot};
        messages[i].msg_hdr = (struct msghdr){
            .msg_name = &names[i],
            .msg_namelen = sizeof names[i],
            .msg_iov = &vectors[i],
            .msg_iovlen = 1,
            .msg_control = &controls[i],
            .msg_controllen = sizeof controls[i],
        };
    }
    int received = HYPHA_RETRY(recvmmsg(fd, messages, (unsigned)count, MSG_DONTWAIT, NULL));
    for (int i = 0; i < received; i++) {
        hypha_datagram *datagram = &datagrams[i];
        *datagram = (hypha_datagram){
            .byte_count = messages[i].msg_len,
            .segment_byte_count = messages[i].msg_len,
        };
        keep_address(&names[i], &datagram->from.address);
        read_control(&messages[i].msg_hdr, datagram);
    }
    return received;
}

// ---------------------------------------------------------------- sending

static void add_control(struct msghdr *header, control_block *control, int level, int type,
                        const void *value, size_t size) {
    struct cmsghdr *part = (struct cmsghdr *)(void *)(control->bytes + header->msg_controllen);
    part->cmsg_level = level;
    part->cmsg_type = type;
    part->cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(part), value, size);
    header->msg_control = control;
    header->msg_controllen += CMSG_SPACE(size);
}

// The local address goes along only when one is wanted: the kernel chooses otherwise.
static void add_source(struct msghdr *header, control_block *control,
                       const hypha_destination *to, int is_ipv4) {
    if (to->local_high == 0 && to->local_low == 0 && to->interface == 0) return;
    if (is_ipv4) {
        struct in_pktinfo info = {.ipi_ifindex = (int)to->interface};
        memcpy(&info.ipi_spec_dst, (const uint8_t *)&to->local_low + 4, 4);
        add_control(header, control, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
    } else {
        struct in6_pktinfo info = {.ipi6_ifindex = to->interface};
        memcpy(&info.ipi6_addr, &to->local_high, 16);
        add_control(header, control, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
    }
}

static void add_destination(struct msghdr *header, struct sockaddr_storage *name,
                            const hypha_native_address *address, int is_ipv4) {
    memcpy(name, address, sizeof *address);
    header->msg_name = name;
    header->msg_namelen = sizeof(struct sockaddr_in6);
    if (!is_ipv4) return;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)name;
    // Another family on an IPv4 socket is left to the kernel to refuse.
    if (!IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) return;
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = v6->sin6_port};
    memcpy(&v4.sin_addr, &v6->sin6_addr.s6_addr[12], sizeof v4.sin_addr);
    memcpy(name, &v4, sizeof v4);
    header->msg_namelen = sizeof v4;
}

typedef struct {
    struct mmsghdr headers[CHUNK];
    struct iovec vectors[CHUNK];
    struct sockaddr_storage names[CHUNK];
    control_block controls[CHUNK];
    size_t owners[CHUNK];
    unsigned count;
} outbox;

static void put(outbox *box, const uint8_t *base, const hypha_datagram_message *message,
                size_t owner, size_t offset, size_t size, int is_ipv4) {
    unsigned i = box->count++;
    // The kernel only reads through this.
    void *start = (void *)(uintptr_t)(base + offset);
    box->vectors[i] = (struct iovec){.iov_base = start, .iov_len = size};
    box->owners[i] = owner;
    struct msghdr *header = &box->headers[i].msg_hdr;
    *header = (struct msghdr){.msg_iov = &box->vectors[i], .msg_iovlen = 1};
    add_destination(header, &box->names[i], &message->to.address, is_ipv4);
    add_source(header, &box->controls[i], &message->to, is_ipv4);
    if (size > message->segment_byte_count) {
        uint16_t segment = (uint16_t)message->segment_byte_count;
        add_control(header, &box->controls[i], IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof segment);
    }
}

// Fills the box from the first message that is not done: whole messages where the kernel cuts
// them, otherwise their segments one by one.
static void fill(outbox *box, const uint8_t *base, hypha_datagram_message *messages, size_t first,
                 size_t count, uint32_t features) {
    int is_ipv4 = (features & HYPHA_UDP_IPV4) != 0;
    box->count = 0;
    for (size_t i = first; i < count && box->count < CHUNK; i++) {
        hypha_datagram_message *message = &messages[i];
        size_t offset = (size_t)message->offset;
        size_t left = (size_t)message->count;
        size_t segment = message->segment_byte_count;
        int is_whole = left <= segment || ((features & HYPHA_UDP_CUTS) && !message->refusal);
        while (left > 0 && box->count < CHUNK) {
            size_t size = is_whole || left < segment ? left : segment;
            put(box, base, message, i, offset, size, is_ipv4);
            offset += size;
            left -= size;
        }
    }
}

static int is_inside(const hypha_datagram_message *message, size_t length) {
    if (message->offset < 0 || message->count <= 0) return 0;
    if (message->segment_byte_count == 0 || message->segment_byte_count > UINT16_MAX) return 0;
    size_t offset = (size_t)message->offset;
    return offset <= length && (size_t)message->count <= length - offset;
}

// Whether the kernel refused to cut, and the segments may still go one by one.
static int refuses_cutting(const outbox *box, const hypha_datagram_message *message, int code) {
    return (code == EIO || code == EINVAL) && !message->refusal &&
           box->vectors[0].iov_len > message->segment_byte_count;
}

ptrdiff_t hypha_udp_send(int fd, uint32_t *features, const uint8_t *base, size_t length,
                         hypha_datagram_message *messages, size_t count,
                         hypha_send_report *report) {
    outbox box;
    size_t done = 0;
    *report = (hypha_send_report){0};
    for (size_t i = 0; i < count; i++) {
        if (!is_inside(&messages[i], length)) return -EINVAL;
    }
    while (done < count) {
        fill(&box, base, messages, done, count, *features);
        int sent = HYPHA_RETRY(sendmmsg(fd, box.headers, box.count, MSG_DONTWAIT | MSG_NOSIGNAL));
        if (sent == -EAGAIN) break;
        hypha_datagram_message *head = &messages[done];
        if (sent < 0 && refuses_cutting(&box, head, -sent)) {
            head->refusal = -sent;
            continue;
        }
        if (sent < 0) {
            head->code = -sent;
            report->failed_messages++;
            done++;
            continue;
        }
        for (int i = 0; i < sent; i++) {
            hypha_datagram_message *message = &messages[box.owners[i]];
            size_t size = box.vectors[i].iov_len;
            message->offset += (ptrdiff_t)size;
            message->count -= (ptrdiff_t)size;
            report->sent_bytes += size;
            // What went one by one would have gone at once: do not ask again after EIO.
            if (message->refusal == EIO) *features &= ~(uint32_t)HYPHA_UDP_CUTS;
            if (message->count > 0) continue;
            report->refused_cuts += message->refusal != 0;
            report->sent_messages++;
            done++;
        }
        report->calls++;
    }
    return (ptrdiff_t)done;
}
