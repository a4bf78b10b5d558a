// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <errno.h>

/// Evaluates a system call until a signal no longer interrupts it; the result is that of the call
/// or -errno. The one place where EINTR is retried.
#define HYPHA_RETRY(call)                        \
    ({                                           \
        __typeof__(call) result_;                \
        do {                                     \
            result_ = (call);                    \
        } while (result_ < 0 && errno == EINTR); \
        result_ < 0 ? -errno : result_;          \
    })
