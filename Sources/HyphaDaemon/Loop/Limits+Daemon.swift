// SPDX-License-Identifier: Apache-2.0
import HyphaBase

extension Limits {
    /// Size of the file of remembered nodes, bytes; a larger one is not this node's and is not
    /// used.
    static let metFileBytesMax = 16 << 20
    /// Obsolete records in it beyond which it is written anew.
    static let metRecordsSpare = 1_024
    /// Connection attempts under way; a further one fails at once and is tried again later.
    static let dialsMax = 256
    /// How long one address is tried.
    static let dialTimeout: Duration = .seconds(5)
    /// How long the name of the TUN device may be in use at the start; then the start fails.
    static let tunNamePatience: Duration = .seconds(3)
    /// UDP port of local discovery; all nodes of a network must agree (base section 2.2).
    static let discoveryPort: UInt16 = 9650
    /// Connections accepted on one listener before others get their turn.
    static let acceptsPerTurn = 64
    /// Events of the packet path after which timers are looked at.
    static let eventsPerTurn = 1024
    /// How long accepting pauses at the descriptor limit.
    static let acceptPause: Duration = .milliseconds(200)
    /// Unsent bytes in a link's socket above which the rest waits in our own queue, whose age is
    /// known (`Docs/decisions` 4).
    static let unsentLowWaterBytes: Int32 = 256 << 10
    /// TCP segments of links, options included, so that their packets have the least IPv6 MTU.
    ///
    /// A path that swallows larger ones would stall a stream for ever: kernels look for such paths
    /// only where `net.ipv4.tcp_mtu_probing` is set, which is the host's. It costs headers for 1208
    /// bytes instead of 1428, less than one percent of the rate; the work stays the same where
    /// kernel or card cut segments.
    static let segmentBytesMax: Int32 = 1220
    /// IP packets of links over UDP are no larger, also where the route takes larger ones, bytes.
    static let routeMTUMax = 1500
    /// Beacons read in a row before others get their turn.
    static let beaconsPerTurn = 32
    /// Clients of the control socket; a further one is closed at once.
    static let controlClientsMax = 32
    /// Answer bytes waiting for one client; a client that does not read is closed.
    static let controlOutputBytesMax = 16 << 20
    /// Descriptors kept free for everything that is no link.
    static let otherDescriptorsMin = 96
}
