// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <stddef.h>
#include <stdint.h>

// Functions answer 0 or -errno unless stated otherwise. Sizes are in bytes and are checked here.

// MARK: - AEAD: AES-256-GCM, 12-byte nonce, 16-byte tag

enum {
    HYPHA_AEAD_AUTO = 0,
    HYPHA_AEAD_IPSEC_MB = 1,
    HYPHA_AEAD_OPENSSL = 2,
};

/// An expanded key. May be used by one thread at a time.
typedef struct hypha_aead_key hypha_aead_key;

/// Whether a backend is here and gives the known answers; tested once in a process.
/// -ENOENT: library not found. -ENOTSUP: not built in, or the processor lacks AES instructions.
/// -ENOEXEC: the library is another version. -EBADMSG: a known answer was wrong.
int hypha_aead_check(int backend);

/// Chooses the backend of later keys. `HYPHA_AEAD_AUTO`: the first that passes its check.
int hypha_aead_choose(int backend);

/// The chosen backend, `HYPHA_AEAD_IPSEC_MB` or `HYPHA_AEAD_OPENSSL`; chooses by itself at first.
int hypha_aead_current(void);

/// Expands a 32-byte key for a backend (not `HYPHA_AEAD_AUTO`). NULL: wrong size, backend that
/// does not pass its check, no memory.
hypha_aead_key *hypha_aead_expand(int backend, const uint8_t *key, size_t key_size);

/// Seals `text` into `out` = ciphertext, tag; `out_size` must be `text_size` + 16. The nonce is
/// the 8 bytes of `nonce_high` and the 4 of `nonce_low`, both big-endian. `out` is `text` or does
/// not overlap it. -EINVAL: a size is wrong.
int hypha_aead_seal(hypha_aead_key *key, uint64_t nonce_high, uint32_t nonce_low,
                    const uint8_t *aad, size_t aad_size,
                    const uint8_t *text, size_t text_size,
                    uint8_t *out, size_t out_size);

/// Opens `text` = ciphertext, tag into `out`; `out_size` must be `text_size` - 16. `out` is `text`
/// or does not overlap it. -EBADMSG: not sealed with this key, nonce and additional data, and `out`
/// has been filled with zeros. -EINVAL: a size is wrong.
int hypha_aead_open(hypha_aead_key *key, uint64_t nonce_high, uint32_t nonce_low,
                    const uint8_t *aad, size_t aad_size,
                    const uint8_t *text, size_t text_size,
                    uint8_t *out, size_t out_size);

/// Wipes and frees an expanded key; NULL is allowed.
void hypha_aead_destroy(hypha_aead_key *key);

// MARK: - X25519 (RFC 7748); all arrays are 32 bytes

int hypha_x25519_public_key(uint8_t out[32], const uint8_t secret[32]);

/// -EBADMSG: the result is all zero, because `public_key` has small order; `out` is zero then.
int hypha_x25519(uint8_t out[32], const uint8_t secret[32], const uint8_t public_key[32]);

// MARK: - ChaCha20-Poly1305 (RFC 8439) and XChaCha20-Poly1305: 16-byte tag

/// Seals `text` into `out` = ciphertext, tag; `out_size` must be `text_size` + 16. A nonce of 12
/// bytes means ChaCha20-Poly1305, one of 24 XChaCha20-Poly1305. -EINVAL: a size is wrong.
int hypha_chacha_seal(const uint8_t key[32], const uint8_t *nonce, size_t nonce_size,
                      const uint8_t *aad, size_t aad_size,
                      const uint8_t *text, size_t text_size,
                      uint8_t *out, size_t out_size);

/// Opens `text` = ciphertext, tag into `out`; `out_size` must be `text_size` - 16. -EBADMSG: not
/// genuine, and `out` has been filled with zeros. -EINVAL: a size is wrong.
int hypha_chacha_open(const uint8_t key[32], const uint8_t *nonce, size_t nonce_size,
                      const uint8_t *aad, size_t aad_size,
                      const uint8_t *text, size_t text_size,
                      uint8_t *out, size_t out_size);

// MARK: - Hashes

int hypha_sha256(uint8_t out[32], const uint8_t *bytes, size_t size);

/// Allocates nothing. The key may have any size.
int hypha_hmac_sha256(uint8_t out[32], const uint8_t *key, size_t key_size,
                      const uint8_t *bytes, size_t size);

/// BLAKE2s-256 without a key (RFC 7693).
int hypha_blake2s(uint8_t out[32], const uint8_t *bytes, size_t size);
// MARK: - Bytes

/// Fills `out` from the kernel's generator; waits until it is seeded.
int hypha_random(uint8_t *out, size_t size);

/// Overwrites with zeros; never optimised away.
void hypha_wipe(void *bytes, size_t size);

/// 1 when equal, otherwise 0; the time taken tells nothing about the content.
int hypha_is_equal(const uint8_t *left, const uint8_t *right, size_t size);

// MARK: - Key files

/// Reads the first `size` bytes of a regular file. Answers the count read, which is smaller when
/// the file is. `mode` receives the permission bits. -EISDIR, -EINVAL: not a regular file.
int64_t hypha_key_file_read(const char *path, uint8_t *out, size_t size, uint32_t *mode);

/// Writes a file with mode 0600 that appears whole or not at all. -EEXIST: there is one, and
/// `replace` is 0.
int hypha_key_file_write(const char *path, const uint8_t *bytes, size_t size, int replace);

/// Makes the folder of `path` and those above it where they are missing, with mode 0700.
int hypha_make_parent_folders(const char *path);

// MARK: - ML-KEM-768 (FIPS 203) by OpenSSL 3.5 or later

/// A key pair from its seed. Decapsulation does not change it.
typedef struct hypha_mlkem_key hypha_mlkem_key;

/// -ENOTSUP: the library that runs has no ML-KEM-768. Says nothing about its answers.
int hypha_mlkem_is_available(void);

/// Makes a key pair from d and z (64 bytes together); `public_key` gets 1184 bytes. NULL: not
/// available, a size is wrong, no memory.
hypha_mlkem_key *hypha_mlkem_make_key(const uint8_t *seed, size_t seed_size, uint8_t *public_key,
                                      size_t public_key_size);

/// Sizes: 1184, 32, 1088, 32. -EBADMSG: the public key fails a check, or not available. -EIO: the
/// library failed. -EINVAL: a size is wrong.
int hypha_mlkem_encapsulate(const uint8_t *public_key, size_t public_key_size,
                            const uint8_t *message, size_t message_size, uint8_t *ciphertext,
                            size_t ciphertext_size, uint8_t *secret, size_t secret_size);

/// Sizes: 1088, 32. -EIO: the library failed. -EINVAL: a size is wrong.
int hypha_mlkem_decapsulate(hypha_mlkem_key *key, const uint8_t *ciphertext,
                            size_t ciphertext_size, uint8_t *secret, size_t secret_size);

/// Wipes and frees a key pair.
void hypha_mlkem_destroy(hypha_mlkem_key *key);

// MARK: - Bytes

/// libsodium chooses its implementations by processor once; without this it uses the slow ones.
int hypha_sodium_start(void);

/// Fills `out` from the kernel's generator; waits until it is seeded.
int hypha_random(uint8_t *out, size_t size);

/// Overwrites with zeros; never optimised away.
void hypha_wipe(void *bytes, size_t size);

// MARK: - Key files

/// Reads the first `size` bytes of a regular file. Answers the count read, which is smaller when
/// the file is. `mode` receives the permission bits. -EISDIR, -EINVAL: not a regular file.
int64_t hypha_key_file_read(const char *path, uint8_t *out, size_t size, uint32_t *mode);

/// Writes a file with mode 0600 that appears whole or not at all. -EEXIST: there is one, and
/// `replace` is 0.
int hypha_key_file_write(const char *path, const uint8_t *bytes, size_t size, int replace);

/// Makes the folder of `path` and those above it where they are missing, with mode 0700.
int hypha_make_parent_folders(const char *path);
