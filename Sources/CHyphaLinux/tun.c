// SPDX-License-Identifier: Apache-2.0
#include "CHyphaLinux.h"
#include "retry.h"
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

_Static_assert(HYPHA_INTERFACE_NAME_BYTES == IFNAMSIZ, "interface names");
_Static_assert(HYPHA_TUN_CHECKSUM == TUN_F_CSUM, "offload");
_Static_assert(HYPHA_TUN_TSO4 == TUN_F_TSO4, "offload");
_Static_assert(HYPHA_TUN_TSO6 == TUN_F_TSO6, "offload");
_Static_assert(HYPHA_TUN_TSO_ECN == TUN_F_TSO_ECN, "offload");

static int refuse(int fd, int code) {
    close(fd);
    return code;
}

int hypha_tun_open(char name[HYPHA_INTERFACE_NAME_BYTES], int queues) {
    int fd = HYPHA_RETRY(open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK));
    if (fd < 0) return fd;
    struct ifreq request;
    memset(&request, 0, sizeof request);
    memcpy(request.ifr_name, name, IFNAMSIZ);
    request.ifr_name[IFNAMSIZ - 1] = 0;
    int flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR;
    if (queues > 0) flags |= IFF_MULTI_QUEUE;
    // Without this flag a persistent interface that nobody serves would be taken over.
    if (queues < 2) flags |= IFF_TUN_EXCL;
    request.ifr_flags = (short)flags;
    int code = HYPHA_RETRY(ioctl(fd, TUNSETIFF, &request));
    if (code < 0) return refuse(fd, code);
    int header_size = 10;
    code = HYPHA_RETRY(ioctl(fd, TUNSETVNETHDRSZ, &header_size));
    if (code < 0) return refuse(fd, code);
    memcpy(name, request.ifr_name, IFNAMSIZ);
    return fd;
}

int hypha_tun_set_offloads(int fd, uint32_t offloads) {
    return HYPHA_RETRY(ioctl(fd, TUNSETOFFLOAD, (unsigned long)offloads));
}
