// SPDX-License-Identifier: Apache-2.0
// The one AEAD interface: bounds, choice of the backend, known answers.
#include "AEADBackend.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

/// EVP takes sizes as int; nothing here comes near.
#define TEXT_SIZE_MAX ((size_t)1 << 30)

static const hypha_aead_backend *const backends[] = {
    [HYPHA_AEAD_IPSEC_MB] = &hypha_aead_ipsec_mb,
    [HYPHA_AEAD_OPENSSL] = &hypha_aead_openssl,
};
#define BACKEND_COUNT ((int)(sizeof backends / sizeof backends[0]))

static int check_results[BACKEND_COUNT];
static pthread_once_t checked = PTHREAD_ONCE_INIT;
static atomic_int current = HYPHA_AEAD_AUTO;

// MARK: - Known answers

/// Text and additional data are bytes 7i + 3; the key is bytes 5i + 1. The tags were computed with
/// libsodium and OpenSSL. The sizes reach every loop of the wide implementations, and a tag
/// covers all of the ciphertext.
typedef struct {
    size_t text_size, aad_size;
    uint8_t tag[HYPHA_AEAD_TAG_SIZE];
} known_answer;

static const known_answer known_answers[] = {
    {0, 0,
     {0x75, 0xac, 0x5f, 0xc3, 0x6d, 0x58, 0x70, 0xac,
      0x6d, 0x69, 0x9c, 0x23, 0x64, 0x6e, 0x9b, 0x2a}},
    {60, 20,
     {0x49, 0x5d, 0x23, 0xb1, 0xe9, 0x9c, 0x01, 0xc3,
      0xea, 0xbc, 0x25, 0x67, 0xf7, 0xfc, 0x84, 0x32}},
    {300, 32,
     {0xf5, 0xe0, 0xb3, 0x41, 0xd0, 0x78, 0x45, 0xa5,
      0xf1, 0xd0, 0x92, 0xd4, 0x73, 0x21, 0x96, 0x0b}},
    {1404, 0,
     {0xc9, 0x70, 0x7f, 0x8d, 0xa4, 0xb3, 0xd1, 0x43,
      0x3e, 0x55, 0x6a, 0xf7, 0x56, 0x68, 0x0e, 0xcc}},
    {2000, 32,
     {0xdc, 0x4d, 0x46, 0x3a, 0xf0, 0x3f, 0x25, 0xcd,
      0x8e, 0x56, 0x02, 0x8b, 0x41, 0x5e, 0x65, 0xa2}},
};

static int try_known_answer(const hypha_aead_backend *backend, hypha_aead_key *key,
                            const known_answer *known)
{
    static const uint8_t nonce[HYPHA_AEAD_NONCE_SIZE] = {9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 255, 254};
    uint8_t text[2048], sealed[2048 + HYPHA_AEAD_TAG_SIZE], opened[2048];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (uint8_t)(7 * i + 3);
    size_t n = known->text_size;

    if (backend->seal(key, nonce, text, known->aad_size, text, n, sealed) != 0 ||
        memcmp(sealed + n, known->tag, sizeof known->tag) != 0)
        return -EBADMSG;
    if (backend->open(key, nonce, text, known->aad_size, sealed, n, opened) != 0 ||
        memcmp(opened, text, n) != 0)
        return -EBADMSG;
    // In place, and with a wrong tag.
    if (backend->open(key, nonce, text, known->aad_size, sealed, n, sealed) != 0 ||
        memcmp(sealed, text, n) != 0)
        return -EBADMSG;
    if (backend->seal(key, nonce, text, known->aad_size, sealed, n, sealed) != 0 ||
        memcmp(sealed + n, known->tag, sizeof known->tag) != 0)
        return -EBADMSG;
    sealed[n + 15] ^= 1;
    if (backend->open(key, nonce, text, known->aad_size, sealed, n, opened) != -EBADMSG)
        return -EBADMSG;
    return 0;
}

static int check_backend(const hypha_aead_backend *backend)
{
    int result = backend->start();
    if (result != 0)
        return result;
    uint8_t bytes[HYPHA_AEAD_KEY_SIZE];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(5 * i + 1);
    hypha_aead_key *key = backend->expand(bytes);
    if (key == NULL)
        return -ENOMEM;
    for (size_t i = 0; result == 0 && i < sizeof known_answers / sizeof known_answers[0]; i++)
        result = try_known_answer(backend, key, &known_answers[i]);
    backend->destroy(key);
    return result;
}

static void check_all(void)
{
    for (int i = 0; i < BACKEND_COUNT; i++)
        check_results[i] = backends[i] == NULL ? -EINVAL : check_backend(backends[i]);
}

// MARK: - Choice

int hypha_aead_check(int backend)
{
    if (backend <= HYPHA_AEAD_AUTO || backend >= BACKEND_COUNT)
        return -EINVAL;
    pthread_once(&checked, check_all);
    return check_results[backend];
}

int hypha_aead_choose(int backend)
{
    if (backend == HYPHA_AEAD_AUTO)
        backend = hypha_aead_check(HYPHA_AEAD_IPSEC_MB) == 0 ? HYPHA_AEAD_IPSEC_MB
                                                             : HYPHA_AEAD_OPENSSL;
    int result = hypha_aead_check(backend);
    if (result == 0)
        atomic_store(&current, backend);
    return result;
}

int hypha_aead_current(void)
{
    if (atomic_load(&current) == HYPHA_AEAD_AUTO)
        hypha_aead_choose(HYPHA_AEAD_AUTO);
    return atomic_load(&current);
}

// MARK: - The four functions

hypha_aead_key *hypha_aead_expand(int backend, const uint8_t *key, size_t key_size)
{
    if (key == NULL || key_size != HYPHA_AEAD_KEY_SIZE || hypha_aead_check(backend) != 0)
        return NULL;
    return backends[backend]->expand(key);
}

/// Whether the parameters of seal or open are sound. Libraries take no NULL, so empty spans are
/// pointed at `empty`.
static int prepare(const uint8_t **aad, size_t aad_size, const uint8_t **text, size_t text_size,
                   const uint8_t *out, size_t out_size)
{
    static const uint8_t empty[1];
    if (text_size > TEXT_SIZE_MAX || aad_size > TEXT_SIZE_MAX || out == NULL)
        return -EINVAL;
    if (aad_size == 0)
        *aad = empty;
    if (*text == NULL && text_size == 0)
        *text = empty;
    if (*aad == NULL || *text == NULL)
        return -EINVAL;
    uintptr_t from = (uintptr_t)*text, to = (uintptr_t)out;
    if (from != to && from < to + out_size && to < from + text_size)
        return -EINVAL;
    return 0;
}

/// 16 bytes, written by one store: the libraries load the nonce into a vector at once, and a load
/// that spans two fresh stores waits for both to leave the processor (15 ns seen).
typedef uint64_t nonce_block __attribute__((vector_size(16)));

static nonce_block make_nonce(uint64_t high, uint32_t low)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    return (nonce_block){high, (uint64_t)low << 32};
#else
    return (nonce_block){__builtin_bswap64(high), __builtin_bswap32(low)};
#endif
}

int hypha_aead_seal(hypha_aead_key *key, uint64_t nonce_high, uint32_t nonce_low,
                    const uint8_t *aad, size_t aad_size,
                    const uint8_t *text, size_t text_size,
                    uint8_t *out, size_t out_size)
{
    if (out_size < HYPHA_AEAD_TAG_SIZE || text_size != out_size - HYPHA_AEAD_TAG_SIZE ||
        prepare(&aad, aad_size, &text, text_size, out, out_size) != 0)
        return -EINVAL;
    nonce_block block = make_nonce(nonce_high, nonce_low);
    const uint8_t *nonce = (const uint8_t *)&block;
    int result = key->backend->seal(key, nonce, aad, aad_size, text, text_size, out);
    if (result != 0)
        hypha_wipe(out, out_size);
    return result;
}

int hypha_aead_open(hypha_aead_key *key, uint64_t nonce_high, uint32_t nonce_low,
                    const uint8_t *aad, size_t aad_size,
                    const uint8_t *text, size_t text_size,
                    uint8_t *out, size_t out_size)
{
    static uint8_t nothing[1];
    if (out == NULL && out_size == 0)
        out = nothing;
    if (text_size < HYPHA_AEAD_TAG_SIZE || out_size != text_size - HYPHA_AEAD_TAG_SIZE ||
        prepare(&aad, aad_size, &text, text_size, out, out_size) != 0)
        return -EINVAL;
    nonce_block block = make_nonce(nonce_high, nonce_low);
    const uint8_t *nonce = (const uint8_t *)&block;
    int result = key->backend->open(key, nonce, aad, aad_size, text, out_size, out);
    if (result != 0)
        hypha_wipe(out, out_size);
    return result;
}

void hypha_aead_destroy(hypha_aead_key *key)
{
    if (key != NULL)
        key->backend->destroy(key);
}
