// SPDX-License-Identifier: Apache-2.0
#include "CHyphaLinux.h"
#include "retry.h"
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

ptrdiff_t hypha_read(int fd, uint8_t *bytes, size_t count) {
    return HYPHA_RETRY(read(fd, bytes, count));
}

ptrdiff_t hypha_write(int fd, const uint8_t *bytes, size_t count) {
    return HYPHA_RETRY(write(fd, bytes, count));
}

ptrdiff_t hypha_receive(int fd, uint8_t *bytes, size_t count) {
    return HYPHA_RETRY(recv(fd, bytes, count, 0));
}

ptrdiff_t hypha_send(int fd, const uint8_t *bytes, size_t count) {
    return HYPHA_RETRY(send(fd, bytes, count, MSG_NOSIGNAL));
}

// Fills at most HYPHA_SLICES_MAX vectors and returns their number, or -EINVAL.
static int fill_vectors(struct iovec *vectors, const uint8_t *base, size_t length,
                        const hypha_slice *slices, size_t slice_count) {
    size_t count = slice_count < HYPHA_SLICES_MAX ? slice_count : HYPHA_SLICES_MAX;
    for (size_t i = 0; i < count; i++) {
        if (slices[i].offset < 0 || slices[i].count < 0) return -EINVAL;
        size_t offset = (size_t)slices[i].offset;
        size_t bytes = (size_t)slices[i].count;
        if (offset > length || bytes > length - offset) return -EINVAL;
        // The kernel only reads through these.
        vectors[i].iov_base = (void *)(uintptr_t)(base + offset);
        vectors[i].iov_len = bytes;
    }
    return (int)count;
}

ptrdiff_t hypha_write_slices(int fd, const uint8_t *base, size_t length, const void *slices,
                             size_t slice_count) {
    struct iovec vectors[HYPHA_SLICES_MAX];
    int count = fill_vectors(vectors, base, length, slices, slice_count);
    if (count < 0) return count;
    return HYPHA_RETRY(writev(fd, vectors, count));
}

ptrdiff_t hypha_send_slices(int fd, const uint8_t *base, size_t length, const void *slices,
                            size_t slice_count) {
    struct iovec vectors[HYPHA_SLICES_MAX];
    int count = fill_vectors(vectors, base, length, slices, slice_count);
    if (count < 0) return count;
    struct msghdr message = {.msg_iov = vectors, .msg_iovlen = (size_t)count};
    return HYPHA_RETRY(sendmsg(fd, &message, MSG_NOSIGNAL));
}

int hypha_duplicate(int fd) {
    return HYPHA_RETRY(fcntl(fd, F_DUPFD_CLOEXEC, 0));
}

int hypha_close(int fd) {
    // Linux closes the descriptor even when the call is interrupted: never retry.
    return close(fd) < 0 && errno != EINTR ? -errno : 0;
}

int hypha_shut_down_writing(int fd) { return HYPHA_RETRY(shutdown(fd, SHUT_WR)); }

int hypha_set_non_blocking(int fd) {
    int flags = HYPHA_RETRY(fcntl(fd, F_GETFL));
    if (flags < 0) return flags;
    return HYPHA_RETRY(fcntl(fd, F_SETFL, flags | O_NONBLOCK));
}

int hypha_set_close_on_exec(int fd) { return HYPHA_RETRY(fcntl(fd, F_SETFD, FD_CLOEXEC)); }

int hypha_open_file(const char *path, int writable) {
    return HYPHA_RETRY(open(path, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC));
}

int hypha_open_reserve(void) { return HYPHA_RETRY(open("/dev/null", O_RDONLY | O_CLOEXEC)); }
