// SPDX-License-Identifier: Apache-2.0
//
// Linux system calls shaped for Swift: no variadics, no out-errno, sizes next to pointers.
// Unless said otherwise a function returns a count, a descriptor or 0, and -errno on failure;
// EINTR never comes back.
#pragma once
#include <stddef.h>
#include <stdint.h>

// ---------------------------------------------------------------- addresses

/// An IP address and port; integers in host order. An IPv4 address is in the lower half of `low`.
typedef struct {
    uint64_t high;
    uint64_t low;
    uint32_t scope;
    uint16_t port;
    uint8_t is_ipv4;
    uint8_t reserved;
} hypha_address;

// ---------------------------------------------------------------- descriptors (io.c)

/// A part of a region, in bytes from its start. Same layout as Swift's `ByteSlice`.
typedef struct {
    ptrdiff_t offset;
    ptrdiff_t count;
} hypha_slice;

enum { HYPHA_SLICES_MAX = 128 };

ptrdiff_t hypha_read(int fd, uint8_t *bytes, size_t count);
ptrdiff_t hypha_write(int fd, const uint8_t *bytes, size_t count);
ptrdiff_t hypha_receive(int fd, uint8_t *bytes, size_t count);
/// `send(2)` without SIGPIPE.
ptrdiff_t hypha_send(int fd, const uint8_t *bytes, size_t count);
/// `writev(2)` of parts of one region; at most HYPHA_SLICES_MAX of them are looked at.
/// -EINVAL when one lies outside.
ptrdiff_t hypha_write_slices(int fd, const uint8_t *base, size_t length, const void *slices,
                             size_t slice_count);
/// The same for sockets, without SIGPIPE (`sendmsg(2)`).
ptrdiff_t hypha_send_slices(int fd, const uint8_t *base, size_t length, const void *slices,
                            size_t slice_count);
int hypha_close(int fd);
// A second descriptor of the same file.
int hypha_duplicate(int fd);
int hypha_shut_down_writing(int fd);
int hypha_set_non_blocking(int fd);
int hypha_set_close_on_exec(int fd);
/// Opens for reading, or for writing and reading where `writable`; never creates.
int hypha_open_file(const char *path, int writable);
/// A descriptor of /dev/null.
int hypha_open_reserve(void);

// ---------------------------------------------------------------- waiting (poll.c)

enum {
    HYPHA_POLL_READABLE = 1,
    HYPHA_POLL_WRITABLE = 2,
    HYPHA_POLL_HANGUP = 4,
    HYPHA_POLL_ERROR = 8,
    HYPHA_POLL_EDGE = 16,
};
enum { HYPHA_POLL_EVENTS_MAX = 128 };

typedef struct {
    uint64_t token;
    uint32_t flags;
    uint32_t reserved;
} hypha_poll_event;

int hypha_poller_open(void);
int hypha_poller_add(int poller, int fd, uint64_t token, uint32_t flags);
int hypha_poller_modify(int poller, int fd, uint64_t token, uint32_t flags);
int hypha_poller_remove(int poller, int fd);
/// Waits at most `timeout` nanoseconds, for ever when negative; a signal counts as a timeout.
int hypha_poller_wait(int poller, hypha_poll_event *events, size_t capacity, int64_t timeout);
int hypha_counter_open(int non_blocking);
/// Adds 1; a full counter is no error.
int hypha_counter_add(int fd);
/// The count, which becomes 0; 0 when there is none (non-blocking) or waits for one (blocking).
int64_t hypha_counter_take(int fd);
/// Blocks the signals for this thread and those it starts, and opens a signalfd for them.
int hypha_signals_open(const int32_t *signals, size_t count);
/// The number of the next pending signal, 0 when there is none.
int hypha_signals_next(int fd);
/// Nanoseconds of CLOCK_BOOTTIME.
int64_t hypha_clock_boot(void);
/// Nanoseconds of CLOCK_MONOTONIC.
int64_t hypha_clock_monotonic(void);
/// Nanoseconds of CLOCK_REALTIME.
int64_t hypha_clock_real(void);

// ---------------------------------------------------------------- IP sockets (socket.c)

enum {
    HYPHA_OPTION_NO_DELAY = 1,
    HYPHA_OPTION_NOT_SENT_LOW_WATER = 2,
    HYPHA_OPTION_USER_TIMEOUT = 3,
    HYPHA_OPTION_MARK = 4,
    HYPHA_OPTION_SEND_BUFFER = 5,
    HYPHA_OPTION_RECEIVE_BUFFER = 6,
    HYPHA_OPTION_SEGMENT = 7,
};

typedef struct {
    uint32_t round_trip_microseconds;
    uint32_t round_trip_variance_microseconds;
    uint32_t retransmits_total;
    uint32_t segment_size_bytes;
    uint32_t congestion_window_segments;
    uint32_t reserved;
    uint64_t delivery_rate_bytes_per_second;
} hypha_tcp_report;

/// A non-blocking listening socket; `[::]` also takes IPv4.
int hypha_tcp_listen(const hypha_address *address, int backlog);
/// An accepted connection, non-blocking; `peer` is not touched for other families than IP.
int hypha_accept(int fd, hypha_address *peer);
/// A non-blocking, unconnected TCP socket.
int hypha_tcp_open(int is_ipv4);
/// Begins to connect; 0 while that is under way.
int hypha_connect(int fd, const hypha_address *address);
/// 0 when connected, -EINPROGRESS, or why it failed.
int hypha_connect_result(int fd);
int hypha_set_option(int fd, int option, int value);
int hypha_local_address(int fd, hypha_address *address);
int hypha_peer_address(int fd, hypha_address *address);
/// Size of IP packets that the route to an address takes, bytes; asks nobody but the kernel.
int hypha_route_mtu(const hypha_address *remote);
/// Bytes written but not yet sent (SIOCOUTQNSD).
int64_t hypha_unsent_bytes(int fd);
int hypha_tcp_report_read(int fd, hypha_tcp_report *report);

/// A non-blocking UDP socket on `[::]:port` for link-local multicast: shared port, IPv6 only, no
/// loop-back, only groups joined on this socket.
int hypha_discovery_open(uint16_t port);
/// Joins (or leaves) a group given in host-order words.
int hypha_multicast_join(int fd, uint64_t high, uint64_t low, uint32_t interface);
int hypha_multicast_leave(int fd, uint64_t high, uint64_t low, uint32_t interface);
ptrdiff_t hypha_datagram_send(int fd, const uint8_t *bytes, size_t count,
                              const hypha_address *address);
/// One datagram, cut to `count`; `hop_limit` is -1 when the kernel does not tell.
ptrdiff_t hypha_datagram_receive(int fd, uint8_t *bytes, size_t count, hypha_address *source,
                                 int32_t *hop_limit);

/// Resolves a name by `getaddrinfo(3)`, blocking: the number of addresses, or one of
/// HYPHA_RESOLVE_*.
int hypha_resolve(const char *name, uint16_t port, hypha_address *addresses, size_t capacity);
enum { HYPHA_RESOLVE_NOT_FOUND = -1, HYPHA_RESOLVE_TEMPORARY = -2, HYPHA_RESOLVE_FAILED = -3 };
/// The index of an interface, 0 when there is none of that name.
uint32_t hypha_interface_index(const char *name);

// ---------------------------------------------------------------- datagrams (udp.c)

/// `sockaddr_in6` in four words, the rest zero; IPv4 is IPv4-mapped, so equal words mean an equal
/// address. Same layout as Swift's `NativeAddress`.
typedef struct {
    uint64_t word0;
    uint64_t word1;
    uint64_t word2;
    uint64_t word3;
} hypha_native_address;

/// Where a datagram goes and from which own address: 16 bytes in network order, IPv4 mapped, 0 =
/// the kernel chooses; `interface` 0 = by route.
typedef struct {
    hypha_native_address address;
    uint64_t local_high;
    uint64_t local_low;
    uint32_t interface;
    uint32_t reserved;
} hypha_destination;

/// A received message: one datagram, or several of `segment_byte_count` bytes of which the last may
/// be shorter.
typedef struct {
    hypha_destination from;
    uint32_t byte_count;
    uint32_t segment_byte_count;
} hypha_datagram;

/// A message to send, cut into datagrams of `segment_byte_count` bytes. `offset` and `count` shrink
/// as parts of it go; `code` is why it did not go, `refusal` why the kernel did not cut it.
typedef struct {
    hypha_destination to;
    uint64_t tag;
    ptrdiff_t offset;
    ptrdiff_t count;
    uint32_t segment_byte_count;
    int32_t code;
    int32_t refusal;
    uint32_t reserved;
} hypha_datagram_message;

typedef struct {
    uint64_t sent_bytes;
    uint32_t sent_messages;
    uint32_t failed_messages;
    uint32_t refused_cuts;
    uint32_t calls;
} hypha_send_report;

/// Features of a socket: IPv4 alone, received datagrams come joined (UDP_GRO), sent messages are
/// cut by the kernel (UDP_SEGMENT).
enum { HYPHA_UDP_IPV4 = 1, HYPHA_UDP_JOINS = 2, HYPHA_UDP_CUTS = 4 };

void hypha_native_encode(const hypha_address *address, hypha_native_address *native);
void hypha_native_decode(const hypha_native_address *native, hypha_address *address);
/// A non-blocking UDP socket that never fragments; `[::]` also takes IPv4. `mark` 0 = none.
int hypha_udp_open(const hypha_address *address, uint32_t mark, uint32_t *features);
/// Receives up to `capacity` messages into slots of `slot` bytes from `base` on; the number.
int hypha_udp_receive(int fd, uint8_t *base, size_t length, size_t slot, hypha_datagram *datagrams,
                      size_t capacity);
/// Sends messages whose bytes are parts of a region; each goes or gets its `code`. The number of
/// those is less than `count` when the socket has no more room. -EINVAL, and nothing is sent, when
/// one lies outside, is empty or has no segment size of 1 to 65535. Loses HYPHA_UDP_CUTS of `features` when the
/// kernel refuses to cut.
ptrdiff_t hypha_udp_send(int fd, uint32_t *features, const uint8_t *base, size_t length,
                         hypha_datagram_message *messages, size_t count,
                         hypha_send_report *report);

// ---------------------------------------------------------------- unix sockets (unix.c)

typedef struct {
    uint32_t user;
    uint32_t group;
    int32_t process;
} hypha_credentials;

/// A non-blocking listening socket at a path that does not exist; mode 0600 until changed.
int hypha_unix_listen(const char *path, int backlog);
/// A blocking connection; connect and each send and receive take `timeout` microseconds at most.
int hypha_unix_connect(const char *path, int64_t timeout);
int hypha_credentials_read(int fd, hypha_credentials *credentials);
/// Opens and locks a file, creating it; -EAGAIN when another process holds the lock.
int hypha_lock_file(const char *path);
/// Device and inode when `path` is a socket; -ENOENT, -ENOTSOCK.
int hypha_socket_file(const char *path, uint64_t *device, uint64_t *inode);
int hypha_unlink(const char *path);
int hypha_set_mode(const char *path, uint32_t mode);
int hypha_set_group(const char *path, uint32_t group);
/// The number of a group, -ENOENT when there is none of that name.
int64_t hypha_group_number(const char *name);
/// One datagram to a unix socket, `@` first for an abstract one (`sd_notify(3)`).
int hypha_notify(const char *path, const uint8_t *message, size_t count);

// ---------------------------------------------------------------- TUN (tun.c)

enum {
    HYPHA_TUN_CHECKSUM = 0x01,
    HYPHA_TUN_TSO4 = 0x02,
    HYPHA_TUN_TSO6 = 0x04,
    HYPHA_TUN_TSO_ECN = 0x08,
    HYPHA_TUN_USO4 = 0x20,
    HYPHA_TUN_USO6 = 0x40,
};
enum { HYPHA_INTERFACE_NAME_BYTES = 16 };

/// Creates an interface with packet frames led by a virtio-net header of 10 bytes; `name` gets the
/// real name. -EBUSY when the name is taken. `queues`: 0 = one queue, 1 = the first of several,
/// 2 = one more of an existing interface.
int hypha_tun_open(char name[HYPHA_INTERFACE_NAME_BYTES], int queues);
int hypha_tun_set_offloads(int fd, uint32_t offloads);

// ---------------------------------------------------------------- batches for TUN (ring.c)

enum { HYPHA_RING_ENTRIES = 64, HYPHA_RING_SLICES_MAX = 1024 };

/// An io_uring for one TUN descriptor. No call waits, and none leaves anything under way.
typedef struct hypha_ring hypha_ring;

/// -EOPNOTSUPP where TUN would wait, -ENOSYS, -EPERM or -ENOMEM where there is no io_uring for us.
int hypha_ring_open(int fd, hypha_ring **result);
void hypha_ring_close(hypha_ring *ring);
/// Pins a region, once, for quicker reads into it; it stays in memory until the ring is closed.
/// -ENOMEM at RLIMIT_MEMLOCK.
int hypha_ring_pin(hypha_ring *ring, uint8_t *base, size_t length);
/// Tries `count` reads of one packet each into slots of `slot` bytes from `base` on. Gets the
/// `hypha_slice` of each packet in the order of arrival; their number, or -EAGAIN.
ptrdiff_t hypha_ring_read(hypha_ring *ring, uint8_t *base, size_t length, size_t slot, size_t count,
                          void *packets);
/// Writes `count` packets, each of the next `counts[i]` slices; `results` gets the size or -errno
/// of each. The number of those that were written.
ptrdiff_t hypha_ring_write(hypha_ring *ring, const uint8_t *base, size_t length, const void *slices,
                           size_t slice_count, const int32_t *counts, int32_t *results,
                           size_t count);

// ---------------------------------------------------------------- process (system.c)

/// A constant text for an errno value.
const char *hypha_error_text(int code);
int hypha_thread_start(const char *name, void *(*body)(void *), void *context, uint64_t *thread);
int hypha_thread_join(uint64_t thread);
int hypha_thread_detach(uint64_t thread);
/// Binds the calling thread to one processor.
int hypha_thread_pin(int processor);
/// Whether the effective set holds capability `number`.
int hypha_has_capability(int number);
/// Raises the soft limit of descriptors to the hard one; the limit that holds is returned.
int64_t hypha_raise_descriptor_limit(void);
int hypha_process_usage(uint64_t *resident_bytes, uint64_t *processor_nanoseconds);
int hypha_process_id(void);
/// Processors that the process may run on.
int hypha_processor_count(void);
/// Moves the calling thread into a new network namespace.
int hypha_namespace_unshare(void);
/// Moves the calling thread into the network namespace of a descriptor.
int hypha_namespace_enter(int fd);
