// SPDX-License-Identifier: Apache-2.0
// The yardstick: about the least a userspace tunnel can do. One TUN device with segmentation offload, one peer, one
// thread each way, AES-256-GCM with a fixed key and a counter. No routing, no handshake, no roaming, no safety.
//
// Build: gcc -O2 -DIPSEC_MB yardstick.c -o yardstick -lIPSec_MB -lpthread     (x86-64; the limit that ratios are taken from)
//    or: gcc -O2 yardstick.c -o yardstick -lcrypto -lpthread                  (any machine; OpenSSL's cipher)
// Usage: yardstick TUN tcp|udp listen|connect ADDRESS PORT        NOCRYPT=1 in the environment leaves the cipher out
//
// tcp: a packet as TUN gives it, up to 64 KB, is sealed whole and written to one stream ("super-packet").
// udp: it is cut into segments of the size the kernel asked for, each sealed, one UDP_SEGMENT send for all of them;
//      the receiver coalesces neighbouring TCP segments again before it writes to TUN. TCP over IPv6 only.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#ifdef IPSEC_MB
#include <intel-ipsec-mb.h>
#else
#include <openssl/evp.h>
#endif
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
    VNET = 10,           // virtio-net header in front of each packet on TUN
    HEAD = 12,           // our frame header: length 4 (streams only), counter 8
    TAG = 16,
    IP6 = 40,
    BUFFER = 70000,
    BATCH_LIMIT = 60000, // bytes in one segmented send
    COALESCE_LIMIT = 65500,
    TCP_PSH = 0x08,
    TCP_FIN = 0x01,
    TCP_SYN_FIN_RST = 0x07
};

static int tun, carrier, without_cipher;

static void die(const char *what) {
    perror(what);
    exit(1);
}

// ---- cipher: in place, nonce = counter, tag behind the text ----

static const uint8_t key[32];

#ifdef IPSEC_MB

static IMB_MGR *ciphers;
static struct gcm_key_data schedule __attribute__((aligned(64)));

static void prepare_cipher(void) {
    ciphers = alloc_mb_mgr(0);
    if (!ciphers)
        die("ipsec-mb");
    init_mb_mgr_auto(ciphers, 0);
    IMB_AES256_GCM_PRE(ciphers, key, &schedule);
}

static void seal(uint8_t *text, size_t size, uint64_t counter) {
    struct gcm_context_data context;
    uint8_t nonce[12] = {0};
    if (without_cipher)
        return;
    memcpy(nonce, &counter, 8);
    IMB_AES256_GCM_ENC(ciphers, &schedule, &context, text, text, size, nonce, nonce, 0, text + size, TAG);
}

static int unseal(uint8_t *text, size_t size_with_tag, uint64_t counter) {
    struct gcm_context_data context;
    uint8_t nonce[12] = {0}, tag[TAG], difference = 0;
    size_t size = size_with_tag - TAG;
    if (without_cipher)
        return 1;
    memcpy(nonce, &counter, 8);
    IMB_AES256_GCM_DEC(ciphers, &schedule, &context, text, text, size, nonce, nonce, 0, tag, TAG);
    for (int i = 0; i < TAG; i++)
        difference |= tag[i] ^ text[size + i];
    return !difference;
}

#else

static void prepare_cipher(void) {
}

static void seal(uint8_t *text, size_t size, uint64_t counter) {
    static __thread EVP_CIPHER_CTX *context;
    uint8_t nonce[12] = {0};
    int n;
    if (without_cipher)
        return;
    memcpy(nonce, &counter, 8);
    if (!context) {
        context = EVP_CIPHER_CTX_new();
        EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), 0, key, nonce);
    }
    EVP_EncryptInit_ex(context, 0, 0, 0, nonce);
    EVP_EncryptUpdate(context, text, &n, text, size);
    EVP_EncryptFinal_ex(context, text + n, &n);
    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, TAG, text + size);
}

static int unseal(uint8_t *text, size_t size_with_tag, uint64_t counter) {
    static __thread EVP_CIPHER_CTX *context;
    uint8_t nonce[12] = {0};
    int n;
    if (without_cipher)
        return 1;
    memcpy(nonce, &counter, 8);
    if (!context) {
        context = EVP_CIPHER_CTX_new();
        EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), 0, key, nonce);
    }
    size_t size = size_with_tag - TAG;
    EVP_DecryptInit_ex(context, 0, 0, 0, nonce);
    EVP_DecryptUpdate(context, text, &n, text, size);
    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, TAG, text + size);
    return EVP_DecryptFinal_ex(context, text + size, &n) == 1;
}

#endif

// ---- checksums: the kernel finishes them, we give the pseudo-header sum ----

static uint64_t sum(const uint8_t *bytes, size_t size) {
    uint64_t total = 0;
    for (; size >= 2; bytes += 2, size -= 2)
        total += bytes[0] << 8 | bytes[1];
    return size ? total + (bytes[0] << 8) : total;
}

static uint16_t fold(uint64_t total) {
    while (total >> 16)
        total = (total & 0xffff) + (total >> 16);
    return htons(total);
}

static void set16(uint8_t *at, uint16_t network_order) {
    memcpy(at, &network_order, 2);
}

static void set_lengths(uint8_t *ip, size_t transport_size, struct virtio_net_hdr *header) {
    set16(ip + 4, htons(transport_size));
    set16(ip + IP6 + 16, fold(sum(ip + 8, 32) + IPPROTO_TCP + transport_size));
    header->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
    header->csum_start = IP6;
    header->csum_offset = 16;
}

static size_t headers_of(const uint8_t *ip) {
    return IP6 + (ip[IP6 + 12] >> 4) * 4;
}

// ---- tcp carrier ----

static void *tun_to_stream(void *unused) {
    static uint8_t frame[BUFFER];
    for (uint64_t counter = 1;; counter++) {
        ssize_t size = read(tun, frame + HEAD, 66000);
        if (size <= 0)
            die("read tun");
        uint32_t sealed = size + TAG;
        memcpy(frame, &sealed, 4);
        memcpy(frame + 4, &counter, 8);
        seal(frame + HEAD, size, counter);
        for (size_t at = 0, end = HEAD + sealed; at < end;) {
            ssize_t written = write(carrier, frame + at, end - at);
            if (written <= 0)
                die("write carrier");
            at += written;
        }
    }
    return unused;
}

static void stream_to_tun(void) {
    static uint8_t buffer[1 << 20];
    for (size_t have = 0, at = 0;;) {
        uint32_t sealed;
        uint64_t counter;
        while (have - at >= HEAD) {
            memcpy(&sealed, buffer + at, 4);
            if (have - at < HEAD + sealed)
                break;
            memcpy(&counter, buffer + at + 4, 8);
            if (unseal(buffer + at + HEAD, sealed, counter) && write(tun, buffer + at + HEAD, sealed - TAG) < 0)
                perror("write tun");
            at += HEAD + sealed;
        }
        memmove(buffer, buffer + at, have - at);
        have -= at;
        at = 0;
        ssize_t got = read(carrier, buffer + have, sizeof buffer - have);
        if (got <= 0)
            die("read carrier");
        have += got;
    }
}

// ---- udp carrier ----

static void send_segments(uint8_t *bytes, size_t size, size_t segment) {
    struct iovec part = {bytes, size};
    char control[CMSG_SPACE(2)] = {0};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (size > segment) {
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        struct cmsghdr *option = CMSG_FIRSTHDR(&message);
        option->cmsg_level = SOL_UDP;
        option->cmsg_type = UDP_SEGMENT;
        option->cmsg_len = CMSG_LEN(2);
        *(uint16_t *)CMSG_DATA(option) = segment;
    }
    if (sendmsg(carrier, &message, 0) < 0 && errno != EAGAIN && errno != ENOBUFS && errno != ECONNREFUSED)
        perror("sendmsg");
}

static size_t put_frame(uint8_t *frame, size_t size, uint64_t counter) { // frame + HEAD already holds size bytes
    memset(frame, 0, 4);
    memcpy(frame + 4, &counter, 8);
    seal(frame + HEAD, size, counter);
    return HEAD + size + TAG;
}

static size_t put_segment(uint8_t *frame, const uint8_t *ip, size_t headers, size_t at, size_t size, int last,
                          uint64_t counter) {
    uint8_t *copy = frame + HEAD + VNET;
    uint32_t sequence;
    memset(frame + HEAD, 0, VNET);
    memcpy(copy, ip, headers);
    memcpy(copy + headers, ip + headers + at, size);
    memcpy(&sequence, ip + IP6 + 4, 4);
    sequence = htonl(ntohl(sequence) + at);
    memcpy(copy + IP6 + 4, &sequence, 4);
    if (!last)
        copy[IP6 + 13] &= ~(TCP_PSH | TCP_FIN);
    set_lengths(copy, headers - IP6 + size, (struct virtio_net_hdr *)(frame + HEAD));
    return put_frame(frame, VNET + headers + size, counter);
}

static void *tun_to_datagrams(void *unused) {
    static uint8_t packet[BUFFER], batch[2 * BUFFER];
    uint64_t counter = 0;
    for (;;) {
        ssize_t size = read(tun, packet, 66000);
        if (size <= 0)
            die("read tun");
        struct virtio_net_hdr *offload = (void *)packet;
        uint8_t *ip = packet + VNET;
        if (offload->gso_type == VIRTIO_NET_HDR_GSO_NONE) {
            memcpy(batch + HEAD, packet, size);
            size_t framed = put_frame(batch, size, ++counter);
            send_segments(batch, framed, framed);
            continue;
        }
        size_t headers = headers_of(ip), content = size - VNET - headers, piece = offload->gso_size, filled = 0;
        size_t segment = HEAD + VNET + headers + piece + TAG;
        for (size_t at = 0; at < content; at += piece) {
            size_t left = content - at;
            filled += put_segment(batch + filled, ip, headers, at, left < piece ? left : piece, left <= piece, ++counter);
            if (filled + segment > BATCH_LIMIT) {
                send_segments(batch, filled, segment);
                filled = 0;
            }
        }
        if (filled)
            send_segments(batch, filled, segment);
    }
    return unused;
}

// TCP segments of one flow in a row, growing into one large packet for TUN.
static struct {
    uint8_t bytes[BUFFER]; // virtio-net header, then the packet
    size_t size, headers, piece;
    uint32_t next;
} grown;

static void flush_grown(void) {
    if (!grown.size)
        return;
    struct virtio_net_hdr *offload = (void *)grown.bytes;
    memset(offload, 0, VNET);
    set_lengths(grown.bytes + VNET, grown.size - IP6, offload);
    offload->hdr_len = grown.headers;
    offload->gso_size = grown.piece;
    offload->gso_type = grown.size - grown.headers > grown.piece ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_NONE;
    if (write(tun, grown.bytes, VNET + grown.size) < 0)
        perror("write tun");
    grown.size = 0;
}

static void deliver_segment(const uint8_t *ip, size_t size) {
    size_t headers = headers_of(ip), content = size - headers;
    uint32_t sequence;
    memcpy(&sequence, ip + IP6 + 4, 4);
    sequence = ntohl(sequence);
    int follows = grown.size && headers == grown.headers && sequence == grown.next && content <= grown.piece &&
                  grown.size + content < COALESCE_LIMIT && !memcmp(grown.bytes + VNET + 8, ip + 8, 36) &&
                  !memcmp(grown.bytes + VNET + IP6 + 20, ip + IP6 + 20, headers - IP6 - 20);
    if (!follows) {
        flush_grown();
        memcpy(grown.bytes + VNET, ip, size);
        grown.size = size;
        grown.headers = headers;
        grown.piece = content;
        grown.next = sequence + content;
        return;
    }
    memcpy(grown.bytes + VNET + grown.size, ip + headers, content);
    grown.size += content;
    grown.next += content;
    grown.bytes[VNET + IP6 + 13] |= ip[IP6 + 13] & TCP_PSH;
    if (content < grown.piece || ip[IP6 + 13] & TCP_PSH)
        flush_grown();
}

static void deliver(uint8_t *packet, size_t size) { // virtio-net header and packet, as the sender put them
    const uint8_t *ip = packet + VNET;
    if (size > VNET + IP6 + 20 && ip[0] >> 4 == 6 && ip[6] == IPPROTO_TCP && !(ip[IP6 + 13] & TCP_SYN_FIN_RST) &&
        size - VNET > headers_of(ip)) {
        deliver_segment(ip, size - VNET);
        return;
    }
    flush_grown();
    if (write(tun, packet, size) < 0)
        perror("write tun");
}

static void datagrams_to_tun(void) {
    static uint8_t buffer[BUFFER];
    for (;;) {
        char control[64];
        struct iovec part = {buffer, sizeof buffer};
        struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
        ssize_t got = recvmsg(carrier, &message, 0);
        if (got < 0 && errno != ECONNREFUSED)
            die("recvmsg");
        size_t segment = got > 0 ? got : 1;
        for (struct cmsghdr *option = CMSG_FIRSTHDR(&message); option; option = CMSG_NXTHDR(&message, option))
            if (option->cmsg_level == SOL_UDP && option->cmsg_type == UDP_GRO)
                segment = *(uint16_t *)CMSG_DATA(option);
        for (ssize_t at = 0; at < got; at += segment) {
            size_t size = (size_t)(got - at) < segment ? (size_t)(got - at) : segment;
            uint64_t counter;
            memcpy(&counter, buffer + at + 4, 8);
            if (size > HEAD + VNET + TAG && unseal(buffer + at + HEAD, size - HEAD, counter))
                deliver(buffer + at + HEAD, size - HEAD - TAG);
        }
        flush_grown();
    }
}

// ---- set-up ----

static void open_tun(const char *name) {
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR};
    strncpy(request.ifr_name, name, IFNAMSIZ - 1);
    tun = open("/dev/net/tun", O_RDWR);
    if (tun < 0 || ioctl(tun, TUNSETIFF, &request) < 0 || ioctl(tun, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6) < 0)
        die("tun");
}

static void open_stream(const struct sockaddr_in6 *peer, int listening) {
    int on = 1;
    carrier = socket(AF_INET6, SOCK_STREAM, 0);
    if (listening) {
        setsockopt(carrier, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        if (bind(carrier, (void *)peer, sizeof *peer) < 0 || listen(carrier, 1) < 0)
            die("listen");
        carrier = accept(carrier, 0, 0);
    } else {
        while (connect(carrier, (void *)peer, sizeof *peer) < 0)
            usleep(100000);
    }
    setsockopt(carrier, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static void open_datagrams(const struct sockaddr_in6 *peer) { // both ends bind PORT and connect to ADDRESS
    int on = 1, size = 8 << 20;
    struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = peer->sin6_port};
    carrier = socket(AF_INET6, SOCK_DGRAM, 0);
    setsockopt(carrier, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
    setsockopt(carrier, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
    setsockopt(carrier, SOL_UDP, UDP_GRO, &on, sizeof on);
    if (bind(carrier, (void *)&any, sizeof any) < 0 || connect(carrier, (void *)peer, sizeof *peer) < 0)
        die("udp");
}

int main(int count, char **words) {
    struct sockaddr_in6 peer = {.sin6_family = AF_INET6};
    pthread_t sender;
    if (count != 6 || inet_pton(AF_INET6, words[4], &peer.sin6_addr) != 1) {
        fprintf(stderr, "usage: %s TUN tcp|udp listen|connect ADDRESS PORT\n", words[0]);
        return 2;
    }
    int datagrams = !strcmp(words[2], "udp");
    peer.sin6_port = htons(atoi(words[5]));
    without_cipher = getenv("NOCRYPT") != NULL;
    prepare_cipher();
    open_tun(words[1]);
    if (datagrams)
        open_datagrams(&peer);
    else
        open_stream(&peer, !strcmp(words[3], "listen"));
    pthread_create(&sender, 0, datagrams ? tun_to_datagrams : tun_to_stream, 0);
    (datagrams ? datagrams_to_tun : stream_to_tun)();
}
