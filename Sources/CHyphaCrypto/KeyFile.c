// SPDX-License-Identifier: Apache-2.0
// Reading and writing the file of a secret key.
#include "CHyphaCrypto.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int64_t hypha_key_file_read(const char *path, uint8_t *out, size_t size, uint32_t *mode)
{
    // Not to wait for a writer should the path name a FIFO.
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0)
        return -errno;
    struct stat status;
    int64_t result = 0;
    if (fstat(file, &status) != 0)
        result = -errno;
    else if (!S_ISREG(status.st_mode))
        result = S_ISDIR(status.st_mode) ? -EISDIR : -EINVAL;
    else
        *mode = status.st_mode & 07777;
    while (result >= 0 && (size_t)result < size) {
        ssize_t count = read(file, out + result, size - (size_t)result);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            result = -errno;
        if (count <= 0)
            break;
        result += count;
    }
    close(file);
    return result;
}

/// Writes all bytes, sets the mode whatever the umask is, and waits for the disk. 0 or -errno.
static int fill(int file, const uint8_t *bytes, size_t size)
{
    if (fchmod(file, 0600) != 0)
        return -errno;
    while (size > 0) {
        ssize_t count = write(file, bytes, size);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return -errno;
        bytes += count;
        size -= (size_t)count;
    }
    return fsync(file) == 0 ? 0 : -errno;
}

/// Gives the finished file its name. 0 or -errno.
static int publish(const char *temporary, const char *path, int replace)
{
    if (replace)
        return rename(temporary, path) == 0 ? 0 : -errno;
    if (renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -errno;
    // The file system lacks the flag. link(2) does not overwrite either.
    if (link(temporary, path) != 0)
        return -errno;
    unlink(temporary);
    return 0;
}

/// Makes the new name durable. Best effort: some file systems cannot sync folders, and the file
/// itself is complete.
static void sync_folder(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    int length = slash == NULL ? 0 : (int)(slash - path) + 1;
    if (snprintf(folder, sizeof folder, "%.*s.", length, path) >= (int)sizeof folder)
        return;
    int file = open(folder, O_RDONLY | O_CLOEXEC | O_DIRECTORY);
    if (file < 0)
        return;
    (void)fsync(file);
    close(file);
}

int hypha_key_file_write(const char *path, const uint8_t *bytes, size_t size, int replace)
{
    char temporary[PATH_MAX];
    uint64_t random;
    int result = hypha_random((uint8_t *)&random, sizeof random);
    if (result != 0)
        return result;
    if (snprintf(temporary, sizeof temporary, "%s.%016llx.new", path,
                 (unsigned long long)random) >= (int)sizeof temporary)
        return -ENAMETOOLONG;
    int file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0)
        return -errno;
    result = fill(file, bytes, size);
    if (close(file) != 0 && result == 0)
        result = -errno;
    if (result == 0)
        result = publish(temporary, path, replace);
    if (result != 0)
        unlink(temporary);
    else
        sync_folder(path);
    return result;
}

int hypha_make_parent_folders(const char *path)
{
    char folder[PATH_MAX];
    size_t length = strlen(path);
    if (length >= sizeof folder)
        return -ENAMETOOLONG;
    memcpy(folder, path, length + 1);
    for (char *slash = strchr(folder + (length > 0), '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        *slash = 0;
        if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
            int error = errno;
            // A folder above may be there and not be ours to write (EACCES, EROFS).
            struct stat status;
            if (stat(folder, &status) != 0 || !S_ISDIR(status.st_mode))
                return -error;
        }
        *slash = '/';
    }
    return 0;
}
