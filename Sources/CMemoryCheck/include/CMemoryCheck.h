// SPDX-License-Identifier: Apache-2.0
// Tells valgrind's memcheck which bytes are secret. It reports each branch and each address that
// depends on undefined bytes, so bytes declared undefined are followed through all arithmetic.
#pragma once
#include <stddef.h>

/// 1 under valgrind, 0 without it, -1 when this was built without valgrind's headers.
int hypha_memory_check_state(void);
/// Declares `size` bytes secret: what they hold stays, but nothing may depend on it.
void hypha_memory_check_hide(const void *bytes, size_t size);
/// Declares `size` bytes public.
void hypha_memory_check_reveal(const void *bytes, size_t size);
