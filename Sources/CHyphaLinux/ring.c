// SPDX-License-Identifier: Apache-2.0
#include "CHyphaLinux.h"
#include <errno.h>
#include <liburing.h>
#include <stdlib.h>
#include <sys/uio.h>

enum { FILE_INDEX = 0, BUFFER_INDEX = 0 };

struct hypha_ring {
    struct io_uring uring;
    // What is pinned, for reads straight into it.
    const uint8_t *region;
    size_t region_length;
    // Set when requests may be left in the queue: no further call is made.
    int failure;
    int32_t results[HYPHA_RING_ENTRIES];
    struct iovec vectors[HYPHA_RING_SLICES_MAX];
};

// Submits what is prepared and waits for all of it: nothing is ever left under way, for every
// request is one that must not wait.
static int run(hypha_ring *ring, unsigned count) {
    int submitted = io_uring_submit_and_wait(&ring->uring, count);
    // EAGAIN would look like an empty TUN queue.
    if (submitted < 0) return ring->failure = submitted == -EAGAIN ? -EIO : submitted;
    for (unsigned i = 0; i < (unsigned)submitted; i++) {
        struct io_uring_cqe *entry = NULL;
        int code;
        do {
            code = io_uring_wait_cqe(&ring->uring, &entry);
        } while (code == -EINTR);
        if (code < 0) return ring->failure = code;
        if (entry->user_data < HYPHA_RING_ENTRIES) ring->results[entry->user_data] = entry->res;
        io_uring_cqe_seen(&ring->uring, entry);
    }
    if ((unsigned)submitted < count) ring->failure = -EIO;
    return 0;
}

static struct io_uring_sqe *prepare(hypha_ring *ring, unsigned index) {
    ring->results[index] = -EAGAIN;
    return io_uring_get_sqe(&ring->uring);
}

static void finish(struct io_uring_sqe *entry, unsigned index) {
    entry->rw_flags = RWF_NOWAIT;
    entry->flags |= IOSQE_FIXED_FILE;
    entry->user_data = index;
}

static int set_up(hypha_ring *ring, int fd) {
    // Completions are taken by the thread that submits: no interrupts for them where that can be
    // asked (Linux 5.19).
    int code = io_uring_queue_init(HYPHA_RING_ENTRIES, &ring->uring, IORING_SETUP_COOP_TASKRUN);
    if (code == -EINVAL) code = io_uring_queue_init(HYPHA_RING_ENTRIES, &ring->uring, 0);
    if (code < 0) return code;
    code = io_uring_register_files(&ring->uring, &fd, 1);
    // TUN refuses a packet of one byte with EINVAL, a kernel that would wait with EOPNOTSUPP.
    static const uint8_t probe[1];
    struct io_uring_sqe *entry = code < 0 ? NULL : prepare(ring, 0);
    if (code == 0 && !entry) code = -EBUSY;
    if (code == 0) {
        io_uring_prep_write(entry, FILE_INDEX, probe, sizeof probe, 0);
        finish(entry, 0);
        code = run(ring, 1);
    }
    if (code == 0 && ring->results[0] != -EINVAL) code = -EOPNOTSUPP;
    if (code == 0) code = ring->failure;
    if (code == 0) return 0;
    io_uring_unregister_files(&ring->uring);
    io_uring_queue_exit(&ring->uring);
    return code;
}

int hypha_ring_open(int fd, hypha_ring **result) {
    hypha_ring *ring = calloc(1, sizeof *ring);
    if (!ring) return -ENOMEM;
    int code = set_up(ring, fd);
    if (code < 0) {
        free(ring);
        return code;
    }
    *result = ring;
    return 0;
}

void hypha_ring_close(hypha_ring *ring) {
    // The kernel tears a ring down at its leisure, and TUN must be free at once.
    io_uring_unregister_files(&ring->uring);
    io_uring_queue_exit(&ring->uring);
    free(ring);
}

int hypha_ring_pin(hypha_ring *ring, uint8_t *base, size_t length) {
    if (ring->region) return -EBUSY;
    struct iovec vector = {.iov_base = base, .iov_len = length};
    int code = io_uring_register_buffers(&ring->uring, &vector, 1);
    if (code < 0) return code;
    ring->region = base;
    ring->region_length = length;
    return 0;
}

ptrdiff_t hypha_ring_read(hypha_ring *ring, uint8_t *base, size_t length, size_t slot, size_t count,
                          void *packets) {
    if (ring->failure) return ring->failure;
    if (count == 0 || count > HYPHA_RING_ENTRIES || slot == 0 || slot > INT32_MAX ||
        count > length / slot) {
        return -EINVAL;
    }
    int is_pinned = base == ring->region && length <= ring->region_length;
    for (unsigned i = 0; i < count; i++) {
        struct io_uring_sqe *entry = prepare(ring, i);
        if (!entry) return ring->failure = -EBUSY;
        uint8_t *start = base + i * slot;
        if (is_pinned) {
            io_uring_prep_read_fixed(entry, FILE_INDEX, start, (unsigned)slot, 0, BUFFER_INDEX);
        } else {
            io_uring_prep_read(entry, FILE_INDEX, start, (unsigned)slot, 0);
        }
        finish(entry, i);
    }
    int code = run(ring, (unsigned)count);
    if (code < 0) return code;
    hypha_slice *slices = packets;
    ptrdiff_t found = 0;
    int32_t error = -EAGAIN;
    for (size_t i = 0; i < count; i++) {
        int32_t result = ring->results[i];
        if (result > 0) {
            slices[found++] = (hypha_slice){(ptrdiff_t)(i * slot), result};
        } else if (result < 0 && result != -EAGAIN && result != -EINTR) {
            error = result;
        }
    }
    return found > 0 ? found : error;
}

// Fills vectors from `used` on; their number, or -EINVAL.
static ptrdiff_t fill_vectors(hypha_ring *ring, size_t used, const uint8_t *base, size_t length,
                              const hypha_slice *slices, size_t count) {
    if (count == 0 || count > HYPHA_RING_SLICES_MAX - used) return -EINVAL;
    for (size_t i = 0; i < count; i++) {
        if (slices[i].offset < 0 || slices[i].count < 0) return -EINVAL;
        size_t offset = (size_t)slices[i].offset;
        size_t bytes = (size_t)slices[i].count;
        if (offset > length || bytes > length - offset) return -EINVAL;
        // The kernel only reads through these.
        ring->vectors[used + i].iov_base = (void *)(uintptr_t)(base + offset);
        ring->vectors[used + i].iov_len = bytes;
    }
    return (ptrdiff_t)count;
}

ptrdiff_t hypha_ring_write(hypha_ring *ring, const uint8_t *base, size_t length, const void *slices,
                           size_t slice_count, const int32_t *counts, int32_t *results,
                           size_t count) {
    if (ring->failure) return ring->failure;
    if (count == 0 || count > HYPHA_RING_ENTRIES) return -EINVAL;
    const hypha_slice *parts = slices;
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        size_t wanted = counts[i] < 0 ? 0 : (size_t)counts[i];
        if (wanted > slice_count - used) return -EINVAL;
        if (fill_vectors(ring, used, base, length, parts + used, wanted) < 0) return -EINVAL;
        used += wanted;
    }
    used = 0;
    for (unsigned i = 0; i < count; i++) {
        struct io_uring_sqe *entry = prepare(ring, i);
        if (!entry) return ring->failure = -EBUSY;
        struct iovec *first = &ring->vectors[used];
        if (counts[i] == 1) {
            io_uring_prep_write(entry, FILE_INDEX, first->iov_base, (unsigned)first->iov_len, 0);
        } else {
            io_uring_prep_writev(entry, FILE_INDEX, first, (unsigned)counts[i], 0);
        }
        finish(entry, i);
        used += (size_t)counts[i];
    }
    int code = run(ring, (unsigned)count);
    if (code < 0) return code;
    ptrdiff_t written = 0;
    for (size_t i = 0; i < count; i++) {
        results[i] = ring->results[i];
        written += ring->results[i] >= 0;
    }
    return written;
}
