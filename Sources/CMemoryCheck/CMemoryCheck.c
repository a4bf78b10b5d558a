// SPDX-License-Identifier: Apache-2.0
#include "CMemoryCheck.h"

#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>

int hypha_memory_check_state(void) { return RUNNING_ON_VALGRIND ? 1 : 0; }

void hypha_memory_check_hide(const void *bytes, size_t size) {
    (void)VALGRIND_MAKE_MEM_UNDEFINED(bytes, size);
}

void hypha_memory_check_reveal(const void *bytes, size_t size) {
    (void)VALGRIND_MAKE_MEM_DEFINED(bytes, size);
}
#else
int hypha_memory_check_state(void) { return -1; }

void hypha_memory_check_hide(const void *bytes, size_t size) {
    (void)bytes;
    (void)size;
}

void hypha_memory_check_reveal(const void *bytes, size_t size) {
    (void)bytes;
    (void)size;
}
#endif
