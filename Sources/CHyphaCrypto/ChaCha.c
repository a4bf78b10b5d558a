// SPDX-License-Identifier: Apache-2.0
// ChaCha20-Poly1305 and XChaCha20-Poly1305 by libsodium; the size of the nonce says which.
#include "CHyphaCrypto.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

enum { TAG_SIZE = crypto_aead_chacha20poly1305_ietf_ABYTES };

static int is_nonce_size(size_t size)
{
    return size == crypto_aead_chacha20poly1305_ietf_NPUBBYTES ||
           size == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
}

int hypha_chacha_seal(const uint8_t key[32], const uint8_t *nonce, size_t nonce_size,
                      const uint8_t *aad, size_t aad_size, const uint8_t *text, size_t text_size,
                      uint8_t *out, size_t out_size)
{
    if (!is_nonce_size(nonce_size) || out_size < TAG_SIZE || out_size - TAG_SIZE != text_size)
        return -EINVAL;
    int result = hypha_sodium_start();
    if (result != 0)
        return result;
    if (nonce_size == crypto_aead_chacha20poly1305_ietf_NPUBBYTES)
        return crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, text, text_size, aad, aad_size,
                                                         NULL, nonce, key);
    return crypto_aead_xchacha20poly1305_ietf_encrypt(out, NULL, text, text_size, aad, aad_size,
                                                      NULL, nonce, key);
}

int hypha_chacha_open(const uint8_t key[32], const uint8_t *nonce, size_t nonce_size,
                      const uint8_t *aad, size_t aad_size, const uint8_t *text, size_t text_size,
                      uint8_t *out, size_t out_size)
{
    if (!is_nonce_size(nonce_size) || text_size < TAG_SIZE || text_size - TAG_SIZE != out_size)
        return -EINVAL;
    int result = hypha_sodium_start();
    if (result != 0)
        return result;
    if (nonce_size == crypto_aead_chacha20poly1305_ietf_NPUBBYTES)
        result = crypto_aead_chacha20poly1305_ietf_decrypt(out, NULL, NULL, text, text_size, aad,
                                                           aad_size, nonce, key);
    else
        result = crypto_aead_xchacha20poly1305_ietf_decrypt(out, NULL, NULL, text, text_size, aad,
                                                            aad_size, nonce, key);
    if (result == 0)
        return 0;
    if (out_size > 0)
        memset(out, 0, out_size);
    return -EBADMSG;
}
