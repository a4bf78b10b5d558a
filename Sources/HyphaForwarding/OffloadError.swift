// SPDX-License-Identifier: Apache-2.0

/// Why a packet cannot be cut or grown.
///
/// On the way from TUN the kernel, or a program with a raw socket, contradicted itself: drop the
/// packet as ``DropReason/badOffload``. On the way to TUN: hand the packet over as it is.
package enum OffloadError: UInt8, Error, Hashable, Sendable, CaseIterable {
    /// Shorter than its headers.
    case truncated
    /// Neither IPv4 nor IPv6.
    case notIP
    /// The length field of the IP or UDP header is not the length of the packet.
    case lengthMismatch
    /// A fragment of a packet.
    case fragment
    /// An IPv6 extension header, or a protocol other than TCP and UDP.
    case notTransport
    /// A header length below the minimum.
    case badHeader
    /// The offload header names another protocol, or one that is not offered to the kernel.
    case typeMismatch
    /// The offload header places the checksum elsewhere.
    case checksumPosition
    /// Segments without content, or a packet without any.
    case noContent
    /// More segments than ``Limits/segmentsPerPacketMax``.
    case tooManySegments
}
