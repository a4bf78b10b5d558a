// SPDX-License-Identifier: Apache-2.0
#include "CHyphaLinux.h"
#include "retry.h"
#include <fcntl.h>
#include <grp.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

// The length of the encoded address, or -ENAMETOOLONG. A leading `@` becomes the zero byte of an
// abstract name where that is allowed.
static int encode(const char *path, int may_be_abstract, struct sockaddr_un *address) {
    size_t length = strlen(path);
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    int is_abstract = may_be_abstract && path[0] == '@';
    if (length == 0) return -ENOENT;
    if (length >= sizeof address->sun_path) return -ENAMETOOLONG;
    memcpy(address->sun_path, path, length);
    if (is_abstract) address->sun_path[0] = 0;
    return (int)(offsetof(struct sockaddr_un, sun_path) + length + (is_abstract ? 0 : 1));
}

static int refuse(int fd, int code) {
    close(fd);
    return code;
}

int hypha_unix_listen(const char *path, int backlog) {
    struct sockaddr_un address;
    int length = encode(path, 0, &address);
    if (length < 0) return length;
    int fd = HYPHA_RETRY(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (fd < 0) return fd;
    // The file takes its mode from the socket, so nobody gets in before the owner is set.
    int code = HYPHA_RETRY(fchmod(fd, 0600));
    if (code == 0) {
        code = HYPHA_RETRY(bind(fd, (struct sockaddr *)&address, (socklen_t)length));
    }
    if (code < 0) return refuse(fd, code);
    code = HYPHA_RETRY(listen(fd, backlog));
    if (code < 0) {
        unlink(path);
        return refuse(fd, code);
    }
    return fd;
}

int hypha_unix_connect(const char *path, int64_t timeout) {
    struct sockaddr_un address;
    int length = encode(path, 0, &address);
    if (length < 0) return length;
    int fd = HYPHA_RETRY(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (fd < 0) return fd;
    struct timeval time = {.tv_sec = timeout / 1000000, .tv_usec = timeout % 1000000};
    int code = HYPHA_RETRY(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time));
    if (code == 0) code = HYPHA_RETRY(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time));
    if (code == 0) {
        code = HYPHA_RETRY(connect(fd, (struct sockaddr *)&address, (socklen_t)length));
    }
    return code < 0 ? refuse(fd, code) : fd;
}

int hypha_credentials_read(int fd, hypha_credentials *credentials) {
    struct ucred native;
    socklen_t length = sizeof native;
    int code = HYPHA_RETRY(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &native, &length));
    if (code < 0) return code;
    *credentials = (hypha_credentials){native.uid, native.gid, native.pid};
    return 0;
}

int hypha_lock_file(const char *path) {
    int fd = HYPHA_RETRY(open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (fd < 0) return fd;
    int code = HYPHA_RETRY(flock(fd, LOCK_EX | LOCK_NB));
    return code < 0 ? refuse(fd, code) : fd;
}

int hypha_socket_file(const char *path, uint64_t *device, uint64_t *inode) {
    struct stat status;
    int code = HYPHA_RETRY(lstat(path, &status));
    if (code < 0) return code;
    if (!S_ISSOCK(status.st_mode)) return -ENOTSOCK;
    *device = status.st_dev;
    *inode = status.st_ino;
    return 0;
}

int hypha_unlink(const char *path) { return HYPHA_RETRY(unlink(path)); }

int hypha_set_mode(const char *path, uint32_t mode) { return HYPHA_RETRY(chmod(path, mode)); }

int hypha_set_group(const char *path, uint32_t group) {
    return HYPHA_RETRY(chown(path, (uid_t)-1, group));
}

int64_t hypha_group_number(const char *name) {
    struct group entry;
    struct group *found = NULL;
    char buffer[16384];
    int code = getgrnam_r(name, &entry, buffer, sizeof buffer, &found);
    if (code != 0) return -code;
    return found ? (int64_t)found->gr_gid : -ENOENT;
}

int hypha_notify(const char *path, const uint8_t *message, size_t count) {
    struct sockaddr_un address;
    int length = encode(path, 1, &address);
    if (length < 0) return length;
    int fd = HYPHA_RETRY(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (fd < 0) return fd;
    ptrdiff_t sent = HYPHA_RETRY(sendto(fd, message, count, MSG_NOSIGNAL | MSG_DONTWAIT,
                                        (struct sockaddr *)&address, (socklen_t)length));
    close(fd);
    return sent < 0 ? (int)sent : 0;
}
