// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <stdint.h>

/// Heap allocations of the calling thread since it started; always 0 under a sanitizer, which has
/// an allocator of its own.
uint64_t hypha_allocation_count(void);

/// Whether allocations are counted in this build.
int hypha_allocation_probe_is_active(void);
