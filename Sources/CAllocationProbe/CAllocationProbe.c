// SPDX-License-Identifier: Apache-2.0
// Counts heap allocations: linked into a test program, these definitions come before libc's.
#include "CAllocationProbe.h"

#include <errno.h>
#include <stddef.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IS_SANITIZED 1
#endif
#endif

// Initial-exec, so that reaching the counter never allocates.
static __thread __attribute__((tls_model("initial-exec"))) uint64_t allocation_count;

uint64_t hypha_allocation_count(void) { return allocation_count; }

#if defined(IS_SANITIZED) || !defined(__GLIBC__)
int hypha_allocation_probe_is_active(void) { return 0; }
#else
int hypha_allocation_probe_is_active(void) { return 1; }

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

void *malloc(size_t size) { return allocation_count++, __libc_malloc(size); }
void *calloc(size_t count, size_t size) { return allocation_count++, __libc_calloc(count, size); }
void *realloc(void *old, size_t size) { return allocation_count++, __libc_realloc(old, size); }
void *memalign(size_t alignment, size_t size)
{
    return allocation_count++, __libc_memalign(alignment, size);
}
void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }
int posix_memalign(void **out, size_t alignment, size_t size)
{
    if (alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0)
        return EINVAL;
    void *bytes = memalign(alignment, size);
    if (bytes == NULL)
        return ENOMEM;
    *out = bytes;
    return 0;
}
#endif
