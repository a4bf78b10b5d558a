// SPDX-License-Identifier: Apache-2.0
// AES-256-GCM by OpenSSL's EVP: the context is kept with the key, only the nonce is set a call.
#include "AEADBackend.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>

/// One context serves both directions: GCM uses the same key schedule for both.
typedef struct {
    hypha_aead_key head;
    EVP_CIPHER_CTX *context;
} openssl_key;

static int start(void) { return 0; }

static void destroy(hypha_aead_key *key)
{
    // Wipes the key schedule.
    EVP_CIPHER_CTX_free(((openssl_key *)key)->context);
    free(key);
}

static hypha_aead_key *expand(const uint8_t *bytes)
{
    openssl_key *key = malloc(sizeof *key);
    if (key == NULL)
        return NULL;
    key->head.backend = &hypha_aead_openssl;
    key->context = EVP_CIPHER_CTX_new();
    if (key->context == NULL ||
        EVP_EncryptInit_ex(key->context, EVP_aes_256_gcm(), NULL, bytes, NULL) != 1) {
        destroy(&key->head);
        return NULL;
    }
    return &key->head;
}

/// Sets the nonce, then runs additional data and text through the cipher.
static int run(EVP_CIPHER_CTX *context, int is_seal, const uint8_t *nonce, const uint8_t *aad,
               size_t aad_size, const uint8_t *text, size_t text_size, uint8_t *out)
{
    int count;
    if (EVP_CipherInit_ex(context, NULL, NULL, NULL, nonce, is_seal) != 1)
        return -EIO;
    if (aad_size > 0 && EVP_CipherUpdate(context, NULL, &count, aad, (int)aad_size) != 1)
        return -EIO;
    if (text_size > 0 && EVP_CipherUpdate(context, out, &count, text, (int)text_size) != 1)
        return -EIO;
    return 0;
}

static int seal(hypha_aead_key *key, const uint8_t *nonce, const uint8_t *aad, size_t aad_size,
                const uint8_t *text, size_t text_size, uint8_t *out)
{
    EVP_CIPHER_CTX *context = ((openssl_key *)key)->context;
    int count;
    if (run(context, 1, nonce, aad, aad_size, text, text_size, out) != 0 ||
        EVP_CipherFinal_ex(context, out + text_size, &count) != 1 ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, HYPHA_AEAD_TAG_SIZE,
                            out + text_size) != 1)
        return -EIO;
    return 0;
}

static int open(hypha_aead_key *key, const uint8_t *nonce, const uint8_t *aad, size_t aad_size,
                const uint8_t *text, size_t text_size, uint8_t *out)
{
    EVP_CIPHER_CTX *context = ((openssl_key *)key)->context;
    int count;
    uint8_t rest[HYPHA_AEAD_TAG_SIZE];
    if (run(context, 0, nonce, aad, aad_size, text, text_size, out) != 0)
        return -EBADMSG;
    if (EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, HYPHA_AEAD_TAG_SIZE,
                            (void *)(uintptr_t)(text + text_size)) != 1)
        return -EBADMSG;
    return EVP_CipherFinal_ex(context, rest, &count) == 1 ? 0 : -EBADMSG;
}

const hypha_aead_backend hypha_aead_openssl = {start, expand, seal, open, destroy};
