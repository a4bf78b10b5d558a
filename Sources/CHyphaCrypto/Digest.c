// SPDX-License-Identifier: Apache-2.0
// SHA-256, HMAC-SHA256 and BLAKE2s by OpenSSL.
//
// SHA-256 goes through the old interface, whose state lies on the stack: one of EVP is allocated
// and looked up by name for every call, which costs more than hashing a handshake frame, and a
// MAC is what a flood of frames makes us compute.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "CHyphaCrypto.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <string.h>

enum { BLOCK_SIZE = 64 };

int hypha_sha256(uint8_t out[32], const uint8_t *bytes, size_t size)
{
    SHA256_CTX state;
    int is_done = SHA256_Init(&state) == 1 &&
                  (size == 0 || SHA256_Update(&state, bytes, size) == 1) &&
                  SHA256_Final(out, &state) == 1;
    hypha_wipe(&state, sizeof state);
    return is_done ? 0 : -EIO;
}

int hypha_hmac_sha256(uint8_t out[32], const uint8_t *key, size_t key_size, const uint8_t *bytes,
                      size_t size)
{
    uint8_t pad[BLOCK_SIZE] = {0}, inner[32];
    int result = 0;
    // RFC 2104: a key longer than a block is hashed first, a shorter one filled with zeros.
    if (key_size > sizeof pad)
        result = hypha_sha256(pad, key, key_size);
    else if (key_size > 0)
        memcpy(pad, key, key_size);

    SHA256_CTX state;
    for (size_t i = 0; i < sizeof pad; i++)
        pad[i] ^= 0x36;
    int is_done = result == 0 && SHA256_Init(&state) == 1 &&
                  SHA256_Update(&state, pad, sizeof pad) == 1 &&
                  (size == 0 || SHA256_Update(&state, bytes, size) == 1) &&
                  SHA256_Final(inner, &state) == 1;
    for (size_t i = 0; i < sizeof pad; i++)
        pad[i] ^= 0x36 ^ 0x5c;
    is_done = is_done && SHA256_Init(&state) == 1 && SHA256_Update(&state, pad, sizeof pad) == 1 &&
              SHA256_Update(&state, inner, sizeof inner) == 1 && SHA256_Final(out, &state) == 1;
    hypha_wipe(&state, sizeof state);
    hypha_wipe(pad, sizeof pad);
    hypha_wipe(inner, sizeof inner);
    return is_done ? 0 : -EIO;
}

int hypha_blake2s(uint8_t out[32], const uint8_t *bytes, size_t size)
{
    unsigned int out_size = 0;
    static const uint8_t nothing[1];
    const uint8_t *message = size == 0 ? nothing : bytes;
    if (EVP_Digest(message, size, out, &out_size, EVP_blake2s256(), NULL) != 1 || out_size != 32)
        return -EIO;
    return 0;
}
