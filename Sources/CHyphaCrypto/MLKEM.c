// SPDX-License-Identifier: Apache-2.0
// ML-KEM-768 by OpenSSL 3.5 or later. Found by name when the program runs, so that one built with
// older headers uses it too; Debian 12's OpenSSL 3.0 has none, and all of these answer -ENOTSUP.
#include "CHyphaCrypto.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

enum {
    SEED_SIZE = 64,
    MESSAGE_SIZE = 32,
    PUBLIC_KEY_SIZE = 1184,
    CIPHERTEXT_SIZE = 1088,
    SECRET_SIZE = 32,
};

static const char algorithm[] = "ML-KEM-768";

/// Forgets what OpenSSL noted about an error, which nobody reads.
static int failed(int code)
{
    ERR_clear_error();
    return code;
}

int hypha_mlkem_is_available(void)
{
    EVP_KEM *kem = EVP_KEM_fetch(NULL, algorithm, NULL);
    EVP_KEM_free(kem);
    if (kem == NULL)
        return failed(-ENOTSUP);
    return 0;
}

/// A key from one parameter; NULL when the library has no such algorithm or refuses the key.
static EVP_PKEY *import(const char *name, int selection, const uint8_t *bytes, size_t size)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, algorithm, NULL);
    // The library copies what it is given; the interface has no const.
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_octet_string(name, (void *)(uintptr_t)bytes, size),
        OSSL_PARAM_construct_end(),
    };
    if (context == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, selection, parameters) != 1) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    EVP_PKEY_CTX_free(context);
    return key;
}

hypha_mlkem_key *hypha_mlkem_make_key(const uint8_t *seed, size_t seed_size, uint8_t *public_key,
                                      size_t public_key_size)
{
    if (seed_size != SEED_SIZE || public_key_size != PUBLIC_KEY_SIZE)
        return NULL;
    EVP_PKEY *key = import("seed", EVP_PKEY_KEYPAIR, seed, seed_size);
    size_t size = 0;
    if (key == NULL ||
        EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, public_key, public_key_size,
                                        &size) != 1 ||
        size != public_key_size) {
        EVP_PKEY_free(key);
        (void)failed(0);
        return NULL;
    }
    return (hypha_mlkem_key *)key;
}

int hypha_mlkem_encapsulate(const uint8_t *public_key, size_t public_key_size,
                            const uint8_t *message, size_t message_size, uint8_t *ciphertext,
                            size_t ciphertext_size, uint8_t *secret, size_t secret_size)
{
    if (public_key_size != PUBLIC_KEY_SIZE || message_size != MESSAGE_SIZE ||
        ciphertext_size != CIPHERTEXT_SIZE || secret_size != SECRET_SIZE)
        return -EINVAL;
    EVP_PKEY *key =
        import(OSSL_PKEY_PARAM_PUB_KEY, EVP_PKEY_PUBLIC_KEY, public_key, public_key_size);
    if (key == NULL)
        return failed(-EBADMSG);
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_octet_string("ikme", (void *)(uintptr_t)message, message_size),
        OSSL_PARAM_construct_end(),
    };
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    int result = -EIO;
    if (context != NULL && EVP_PKEY_encapsulate_init(context, parameters) == 1 &&
        EVP_PKEY_encapsulate(context, ciphertext, &ciphertext_size, secret, &secret_size) == 1 &&
        ciphertext_size == CIPHERTEXT_SIZE && secret_size == SECRET_SIZE)
        result = 0;
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(key);
    return result == 0 ? 0 : failed(result);
}

int hypha_mlkem_decapsulate(hypha_mlkem_key *key, const uint8_t *ciphertext,
                            size_t ciphertext_size, uint8_t *secret, size_t secret_size)
{
    if (ciphertext_size != CIPHERTEXT_SIZE || secret_size != SECRET_SIZE)
        return -EINVAL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, (EVP_PKEY *)key, NULL);
    int result = -EIO;
    if (context != NULL && EVP_PKEY_decapsulate_init(context, NULL) == 1 &&
        EVP_PKEY_decapsulate(context, secret, &secret_size, ciphertext, ciphertext_size) == 1 &&
        secret_size == SECRET_SIZE)
        result = 0;
    EVP_PKEY_CTX_free(context);
    return result == 0 ? 0 : failed(result);
}

void hypha_mlkem_destroy(hypha_mlkem_key *key)
{
    // Wipes the seed and the expanded key.
    EVP_PKEY_free((EVP_PKEY *)key);
}
