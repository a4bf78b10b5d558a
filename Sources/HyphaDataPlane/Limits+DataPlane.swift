// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
import HyphaLinux

extension Limits {
    /// Bytes waiting on one link; a data packet that does not fit is dropped and counted.
    package static let linkQueueBytesMax = 4 << 20
    /// Bytes waiting on all links of a worker; beyond it only links with little waiting take data.
    package static let allLinkQueuesBytesMax = 32 << 20
    /// Below this a link takes data packets whatever the age of what is waiting.
    package static let linkQueueBytesAlways = 64 << 10
    /// Data is refused while the oldest waiting byte of a link is older than this.
    package static let linkQueueAgeMax: Duration = .milliseconds(200)
    /// Control bytes waiting on one link; beyond it the neighbour is not reading: link closed.
    package static let linkControlBytesMax = 1 << 20
    /// Control packets of one link that the control plane has not taken yet; the link is not read
    /// further until it has, so the neighbour's own TCP slows it down and nothing is lost.
    package static let linkControlPendingMax = 64
    /// Events waiting for the control plane; a search that does not fit is dropped and counted.
    package static let dataPlaneEventsMax = 65_536
    /// Commands waiting for a worker, route changes excepted (those are one per prefix).
    package static let dataPlaneCommandsMax = 262_144
    /// TUN reads in a row before other descriptors get their turn.
    package static let tunReadsPerTurn = 64
    /// Bytes read from one link in a row before others get their turn.
    package static let linkBytesPerTurn = 1 << 20
    /// Receive region of a worker, bytes: a batch of datagrams and a joined frame, or what streams give.
    package static let receiveRegionBytes = (datagramsPerReceiveMax + 1) * datagramSlotBytes
    /// Out-of-band reports caused by one link: burst and rate a second; beyond it none is sent.
    package static let reportsPerLinkBurst = 100
    package static let reportsPerLinkPerSecond = 100
    /// Key derivations (about 50 microseconds each) caused by one link: burst and rate a second;
    /// beyond it the packet is dropped and counted.
    package static let derivationsPerLinkBurst = 128
    package static let derivationsPerLinkPerSecond = 64
    /// Key derivations and ICMP errors caused by programs of this host, for each worker.
    package static let derivationsPerHostBurst = 1024
    package static let derivationsPerHostPerSecond = 512
    package static let hostErrorsBurst = 200
    package static let hostErrorsPerSecond = 200

    /// Payload of a datagram that every path takes: the least IPv6 MTU less IP and UDP headers.
    package static let datagramPayloadMin = 1232
    /// The largest sealed frame, bytes; larger ones are refused.
    package static let sealedFrameBytesMax = 65_535
    /// Bytes of datagrams waiting for the kernel; beyond it they are dropped and counted.
    package static let sendRegionBytes = 1 << 20
    /// Sealed bytes at which a batch of datagrams is handed to the kernel before it is complete.
    package static let datagramFlushBytes = 60_000
    /// Batches taken from one socket in a row before other descriptors get their turn.
    package static let datagramBatchesPerTurn = 16
    /// No handshake frame is larger, bytes.
    package static let handshakeFrameBytesMax = 1_232
    /// Handshake datagrams handed to the control plane a second; further ones are dropped.
    package static let handshakeDatagramsPerSecond = 20_000
    package static let handshakeDatagramsBurst = 2_000
    /// Datagram sockets: one for each UDP listener.
    package static let datagramSocketsMax = 16
    /// Link and end-to-end sessions, previous and next ones included; further ones are refused.
    package static let transportSessionsMax = 3 * 65_536
    /// Frames of unknown sessions told to the control plane a second.
    package static let unknownIndexesPerSecond = 64
    /// Sources of handshakes whose socket is remembered; all are forgotten when it is full.
    package static let datagramSourcesMax = 4_096

    /// What waits on the way from one worker to another, bytes, a power of two; what does not fit
    /// is dropped and counted.
    package static let workerRingBytes = 2 << 20
}
