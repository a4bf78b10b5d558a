// SPDX-License-Identifier: Apache-2.0
// What an AEAD backend offers to AEAD.c, which has checked all sizes.
#pragma once
#include "CHyphaCrypto.h"

enum {
    HYPHA_AEAD_KEY_SIZE = 32,
    HYPHA_AEAD_TAG_SIZE = 16,
    HYPHA_AEAD_NONCE_SIZE = 12,
};

typedef struct {
    /// Finds the library; called once, before anything else. 0 or -errno.
    int (*start)(void);
    /// NULL: no memory.
    hypha_aead_key *(*expand)(const uint8_t *key);
    /// `out` takes `text_size` + 16 bytes. 0 or -errno.
    int (*seal)(hypha_aead_key *key, const uint8_t *nonce, const uint8_t *aad, size_t aad_size,
                const uint8_t *text, size_t text_size, uint8_t *out);
    /// `text_size` counts the ciphertext; the tag follows it. 0 or -EBADMSG, `out` then being
    /// unspecified: the caller wipes it.
    int (*open)(hypha_aead_key *key, const uint8_t *nonce, const uint8_t *aad, size_t aad_size,
                const uint8_t *text, size_t text_size, uint8_t *out);
    void (*destroy)(hypha_aead_key *key);
} hypha_aead_backend;

/// The head of every backend's key.
struct hypha_aead_key {
    const hypha_aead_backend *backend;
};

extern const hypha_aead_backend hypha_aead_ipsec_mb;
extern const hypha_aead_backend hypha_aead_openssl;
