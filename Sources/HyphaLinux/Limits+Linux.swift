// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

extension Limits {
    /// Parts taken by one gathering write; further ones are left for the next write.
    package static let gatheredSlicesMax = 128
    /// Events taken by one wait; further ones are seen by the next.
    package static let pollEventsMax = 64
    /// Names being resolved, waiting or answered and not yet taken; further ones are refused.
    package static let resolutionsMax = 64
    /// Addresses taken of one name; further ones are left out.
    package static let addressesPerNameMax = 16
    /// Interfaces listed; further ones are not seen.
    package static let interfacesMax = 4_096
    /// Interface addresses listed; further ones are not seen.
    package static let interfaceAddressesMax = 16_384
    /// Sockets taken from the service manager; further ones are left alone.
    package static let activatedSocketsMax = 16
    /// Status text for the service manager, bytes; the rest is cut off.
    package static let serviceStatusBytesMax = 256
    /// TCP connections waiting to be accepted; the kernel ignores further ones until there is room.
    package static let listenBacklog: Int32 = 128
    /// Messages taken by one receive, each up to 64 KiB; further ones are left for the next.
    package static let datagramsPerReceiveMax = 16
    /// Distance of the slots of received messages, bytes: 64 KiB and five cache lines.
    package static let datagramSlotBytes = 65_856
    /// Messages that wait in a send batch; further bytes are not taken until it was flushed.
    package static let datagramsQueuedMax = 64
    /// Datagrams that the kernel cuts one message into; further ones are another message.
    package static let datagramsPerMessageMax = 64
    /// Bytes of a message that the kernel cuts (IPv4's limit); further ones are another message.
    package static let datagramMessageBytesMax = 65_507
    /// Packets read from TUN by one call; further ones are left for the next.
    package static let tunPacketsPerReadMax = 32
    /// Distance of the slots of packets from TUN, bytes: 64 KiB and five cache lines.
    package static let tunSlotBytes = 65_856
    /// Packets written to TUN by one call; the batch has to be flushed for further ones.
    package static let tunPacketsPerWriteMax = 64
    /// Parts of those packets; the batch has to be flushed for further ones.
    package static let tunSlicesPerWriteMax = 1_024
    /// Queues of one TUN interface; more are not asked for.
    package static let tunQueuesMax = 64
}
