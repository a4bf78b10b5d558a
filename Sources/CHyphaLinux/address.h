// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "CHyphaLinux.h"
#include <netinet/in.h>
#include <sys/socket.h>

/// The kernel's form of an address; the number of bytes used is returned.
socklen_t hypha_address_encode(const hypha_address *address, struct sockaddr_storage *storage);
/// -EAFNOSUPPORT for other families than IPv4 and IPv6.
int hypha_address_decode(const struct sockaddr_storage *storage, hypha_address *address);
/// The 16 bytes of an IPv6 address.
struct in6_addr hypha_ipv6_encode(uint64_t high, uint64_t low);
