// SPDX-License-Identifier: Apache-2.0
#include "CHyphaLinux.h"
#include "retry.h"
#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

_Static_assert(sizeof(pthread_t) == sizeof(uint64_t), "thread handles");

const char *hypha_error_text(int code) {
    const char *text = strerrordesc_np(code);
    return text ? text : "unknown error";
}

int hypha_thread_start(const char *name, void *(*body)(void *), void *context, uint64_t *thread) {
    pthread_t native;
    int code = pthread_create(&native, NULL, body, context);
    if (code != 0) return -code;
    char short_name[16] = {0};
    strncpy(short_name, name, sizeof short_name - 1);
    (void)pthread_setname_np(native, short_name);
    *thread = native;
    return 0;
}

int hypha_thread_join(uint64_t thread) { return -pthread_join(thread, NULL); }

int hypha_thread_detach(uint64_t thread) { return -pthread_detach(thread); }

int hypha_thread_pin(int processor) {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (processor < 0 || processor >= CPU_SETSIZE) return -EINVAL;
    CPU_SET((size_t)processor, &set);
    return HYPHA_RETRY(sched_setaffinity(0, sizeof set, &set));
}

int hypha_has_capability(int number) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    memset(data, 0, sizeof data);
    if (number < 0 || number > 63) return -EINVAL;
    if (syscall(SYS_capget, &header, data) < 0) return -errno;
    return (int)(data[number / 32].effective >> (number % 32) & 1);
}

int64_t hypha_raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return -errno;
    if (limit.rlim_cur < limit.rlim_max) {
        struct rlimit wanted = {limit.rlim_max, limit.rlim_max};
        if (setrlimit(RLIMIT_NOFILE, &wanted) < 0) return -errno;
        limit = wanted;
    }
    return limit.rlim_cur > INT64_MAX ? INT64_MAX : (int64_t)limit.rlim_cur;
}

int hypha_process_usage(uint64_t *resident_bytes, uint64_t *processor_nanoseconds) {
    int fd = HYPHA_RETRY(open("/proc/self/statm", O_RDONLY | O_CLOEXEC));
    if (fd < 0) return fd;
    char text[128];
    ptrdiff_t count = HYPHA_RETRY(read(fd, text, sizeof text - 1));
    close(fd);
    if (count < 0) return (int)count;
    text[count] = 0;
    // Two numbers of pages: the whole size, then what is resident.
    char *rest = NULL;
    (void)strtoull(text, &rest, 10);
    uint64_t pages = strtoull(rest, NULL, 10);
    *resident_bytes = pages * (uint64_t)sysconf(_SC_PAGESIZE);
    struct timespec time;
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) < 0) return -errno;
    *processor_nanoseconds = (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
    return 0;
}

int hypha_process_id(void) { return getpid(); }

int hypha_processor_count(void) {
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) return CPU_COUNT(&allowed);
    return (int)sysconf(_SC_NPROCESSORS_ONLN);
}

int hypha_namespace_unshare(void) { return HYPHA_RETRY(unshare(CLONE_NEWNET)); }

int hypha_namespace_enter(int fd) { return HYPHA_RETRY(setns(fd, CLONE_NEWNET)); }
