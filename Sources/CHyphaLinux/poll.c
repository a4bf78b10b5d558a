// SPDX-License-Identifier: Apache-2.0
#include "CHyphaLinux.h"
#include "retry.h"
#include <signal.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif

int hypha_poller_open(void) { return HYPHA_RETRY(epoll_create1(EPOLL_CLOEXEC)); }

static int change(int poller, int operation, int fd, uint64_t token, uint32_t flags) {
    struct epoll_event event = {.data.u64 = token};
    if (flags & HYPHA_POLL_READABLE) event.events |= EPOLLIN;
    if (flags & HYPHA_POLL_WRITABLE) event.events |= EPOLLOUT;
    if (flags & HYPHA_POLL_EDGE) event.events |= EPOLLET;
    return HYPHA_RETRY(epoll_ctl(poller, operation, fd, &event));
}

int hypha_poller_add(int poller, int fd, uint64_t token, uint32_t flags) {
    return change(poller, EPOLL_CTL_ADD, fd, token, flags);
}

int hypha_poller_modify(int poller, int fd, uint64_t token, uint32_t flags) {
    return change(poller, EPOLL_CTL_MOD, fd, token, flags);
}

int hypha_poller_remove(int poller, int fd) { return change(poller, EPOLL_CTL_DEL, fd, 0, 0); }

// Milliseconds for kernels before 5.11, rounded up so that nobody wakes before a deadline.
static int milliseconds(int64_t timeout) {
    if (timeout < 0) return -1;
    int64_t rounded = timeout / 1000000 + (timeout % 1000000 != 0);
    return rounded > INT32_MAX ? INT32_MAX : (int)rounded;
}

static int wait_once(int poller, struct epoll_event *events, int capacity, int64_t timeout) {
    static atomic_bool has_no_pwait2;
    if (timeout >= 0 && !atomic_load_explicit(&has_no_pwait2, memory_order_relaxed)) {
        // The kernel's own layout: two 64-bit fields on every architecture.
        int64_t time[2] = {timeout / 1000000000, timeout % 1000000000};
        long count = syscall(SYS_epoll_pwait2, poller, events, capacity, time, NULL, (size_t)8);
        if (count >= 0 || errno != ENOSYS) return (int)count;
        atomic_store_explicit(&has_no_pwait2, 1, memory_order_relaxed);
    }
    return epoll_wait(poller, events, capacity, milliseconds(timeout));
}

int hypha_poller_wait(int poller, hypha_poll_event *events, size_t capacity, int64_t timeout) {
    struct epoll_event native[HYPHA_POLL_EVENTS_MAX];
    int room = capacity < HYPHA_POLL_EVENTS_MAX ? (int)capacity : HYPHA_POLL_EVENTS_MAX;
    int count = wait_once(poller, native, room, timeout);
    if (count < 0) return errno == EINTR ? 0 : -errno;
    for (int i = 0; i < count; i++) {
        uint32_t flags = 0;
        if (native[i].events & EPOLLIN) flags |= HYPHA_POLL_READABLE;
        if (native[i].events & EPOLLOUT) flags |= HYPHA_POLL_WRITABLE;
        if (native[i].events & EPOLLHUP) flags |= HYPHA_POLL_HANGUP;
        if (native[i].events & EPOLLERR) flags |= HYPHA_POLL_ERROR;
        events[i] = (hypha_poll_event){.token = native[i].data.u64, .flags = flags};
    }
    return count;
}

int hypha_counter_open(int non_blocking) {
    return HYPHA_RETRY(eventfd(0, EFD_CLOEXEC | (non_blocking ? EFD_NONBLOCK : 0)));
}

int hypha_counter_add(int fd) {
    uint64_t one = 1;
    ptrdiff_t result = HYPHA_RETRY(write(fd, &one, sizeof one));
    return result < 0 && result != -EAGAIN ? (int)result : 0;
}

int64_t hypha_counter_take(int fd) {
    uint64_t count = 0;
    ptrdiff_t result = HYPHA_RETRY(read(fd, &count, sizeof count));
    if (result == -EAGAIN) return 0;
    if (result < 0) return result;
    return count > INT64_MAX ? INT64_MAX : (int64_t)count;
}

int hypha_signals_open(const int32_t *signals, size_t count) {
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < count; i++) {
        if (sigaddset(&set, signals[i]) < 0) return -errno;
    }
    int code = pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (code != 0) return -code;
    return HYPHA_RETRY(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

int hypha_signals_next(int fd) {
    struct signalfd_siginfo info;
    ptrdiff_t result = HYPHA_RETRY(read(fd, &info, sizeof info));
    if (result == -EAGAIN) return 0;
    if (result < 0) return (int)result;
    return (int)info.ssi_signo;
}

static int64_t nanoseconds(clockid_t clock) {
    struct timespec time = {0};
    (void)clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

int64_t hypha_clock_boot(void) { return nanoseconds(CLOCK_BOOTTIME); }
int64_t hypha_clock_monotonic(void) { return nanoseconds(CLOCK_MONOTONIC); }
int64_t hypha_clock_real(void) { return nanoseconds(CLOCK_REALTIME); }
