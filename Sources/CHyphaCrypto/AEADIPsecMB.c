// SPDX-License-Identifier: Apache-2.0
// AES-256-GCM by libipsec-mb, opened at run time: its absence costs speed and nothing else.
#include "AEADBackend.h"

#include <errno.h>

#if defined(__x86_64__) && __has_include(<intel-ipsec-mb.h>)
// The header aligns its structures only where this is defined.
#define LINUX
#include <intel-ipsec-mb.h>
#endif

#if defined(IMB_VERSION_NUM) && IMB_VERSION_NUM < 0x20000

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

/// The key of the library is aligned to 64 bytes, so this is too. It is only read after expansion.
typedef struct {
    hypha_aead_key head;
    struct gcm_key_data data;
} ipsec_mb_key;
_Static_assert(_Alignof(ipsec_mb_key) == 64, "the assembly traps on less");

/// Three pointers out of the manager. The manager itself is for queued jobs and not thread-safe;
/// these functions take all their state as parameters, so all threads share them. (Versions before
/// 1.4 also write a global error number, always the same value for sound parameters.)
static aes_gcm_pre_t expand_function;
static aes_gcm_enc_dec_t seal_function, open_function;

static int start(void)
{
    // Never closed: the functions are used until the process ends.
    void *library = dlopen("libIPSec_MB.so.1", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        return -ENOENT;
    unsigned (*get_version)(void) = (unsigned (*)(void))dlsym(library, "imb_get_version");
    IMB_MGR *(*allocate)(uint64_t) = (IMB_MGR * (*)(uint64_t)) dlsym(library, "alloc_mb_mgr");
    void (*initialise)(IMB_MGR *, IMB_ARCH *) =
        (void (*)(IMB_MGR *, IMB_ARCH *))dlsym(library, "init_mb_mgr_auto");
    void (*release)(IMB_MGR *) = (void (*)(IMB_MGR *))dlsym(library, "free_mb_mgr");
    if (get_version == NULL || allocate == NULL || initialise == NULL || release == NULL)
        return -ENOEXEC;
    // The header gives the layout of the manager and the size of a key: with another version's
    // the known answers would come too late.
    if (get_version() >> 8 != IMB_VERSION_NUM >> 8)
        return -ENOEXEC;

    IMB_MGR *manager = allocate(0);
    if (manager == NULL)
        return -ENOMEM;
    initialise(manager, NULL);
    // Without AES instructions the library emulates them, slower than OpenSSL and with tables.
    const uint64_t needed = IMB_FEATURE_AESNI | IMB_FEATURE_PCLMULQDQ;
    int result = -ENOTSUP;
    if ((manager->features & needed) == needed) {
        expand_function = manager->gcm256_pre;
        seal_function = manager->gcm256_enc;
        open_function = manager->gcm256_dec;
        if (expand_function != NULL && seal_function != NULL && open_function != NULL)
            result = 0;
    }
    release(manager);
    return result;
}

static void destroy(hypha_aead_key *key)
{
    hypha_wipe(key, sizeof(ipsec_mb_key));
    free(key);
}

static hypha_aead_key *expand(const uint8_t *bytes)
{
    _Static_assert(sizeof(ipsec_mb_key) % _Alignof(ipsec_mb_key) == 0, "for aligned_alloc");
    ipsec_mb_key *key = aligned_alloc(_Alignof(ipsec_mb_key), sizeof(ipsec_mb_key));
    if (key == NULL)
        return NULL;
    key->head.backend = &hypha_aead_ipsec_mb;
    expand_function(bytes, &key->data);
    return &key->head;
}

static int seal(hypha_aead_key *key, const uint8_t *nonce, const uint8_t *aad, size_t aad_size,
                const uint8_t *text, size_t text_size, uint8_t *out)
{
    struct gcm_context_data context;
    seal_function(&((ipsec_mb_key *)key)->data, &context, out, text, text_size, nonce, aad,
                  aad_size, out + text_size, HYPHA_AEAD_TAG_SIZE);
    return 0;
}

static int open(hypha_aead_key *key, const uint8_t *nonce, const uint8_t *aad, size_t aad_size,
                const uint8_t *text, size_t text_size, uint8_t *out)
{
    struct gcm_context_data context;
    uint8_t tag[HYPHA_AEAD_TAG_SIZE];
    open_function(&((ipsec_mb_key *)key)->data, &context, out, text, text_size, nonce, aad,
                  aad_size, tag, sizeof tag);
    // The library computes the tag and leaves the comparison to us: all 16 bytes before a branch.
    uint64_t want[2], have[2];
    memcpy(want, text + text_size, sizeof want);
    memcpy(have, tag, sizeof have);
    if (((want[0] ^ have[0]) | (want[1] ^ have[1])) == 0)
        return 0;
    // A tag that was not sent must not stay behind: it would make a forgery of this text.
    hypha_wipe(tag, sizeof tag);
    hypha_wipe(have, sizeof have);
    return -EBADMSG;
}

const hypha_aead_backend hypha_aead_ipsec_mb = {start, expand, seal, open, destroy};

#else

static int start(void) { return -ENOTSUP; }

const hypha_aead_backend hypha_aead_ipsec_mb = {.start = start};

#endif
