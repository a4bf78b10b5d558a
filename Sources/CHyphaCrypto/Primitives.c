// SPDX-License-Identifier: Apache-2.0
// X25519 by libsodium; random bytes, wiping.
#include "CHyphaCrypto.h"

#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <string.h>
#include <sys/random.h>

static pthread_once_t started = PTHREAD_ONCE_INIT;
static int start_result;

static void start_sodium(void) { start_result = sodium_init(); }

int hypha_sodium_start(void)
{
    pthread_once(&started, start_sodium);
    return start_result < 0 ? -EIO : 0;
}

int hypha_x25519_public_key(uint8_t out[32], const uint8_t secret[32])
{
    int result = hypha_sodium_start();
    if (result != 0)
        return result;
    return crypto_scalarmult_base(out, secret) == 0 ? 0 : -EIO;
}

int hypha_x25519(uint8_t out[32], const uint8_t secret[32], const uint8_t public_key[32])
{
    int result = hypha_sodium_start();
    if (result != 0)
        return result;
    // libsodium refuses points of small order by itself; the second test does not rely on it.
    if (crypto_scalarmult(out, secret, public_key) != 0 || sodium_is_zero(out, 32)) {
        hypha_wipe(out, 32);
        return -EBADMSG;
    }
    return 0;
}

int hypha_random(uint8_t *out, size_t size)
{
    while (size > 0) {
        ssize_t count = getrandom(out, size, 0);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return -errno;
        out += count;
        size -= (size_t)count;
    }
    return 0;
}

void hypha_wipe(void *bytes, size_t size)
{
    if (size > 0)
        explicit_bzero(bytes, size);
}
