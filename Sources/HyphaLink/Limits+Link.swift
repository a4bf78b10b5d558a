// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

extension Limits {
    /// Reliable control frames sent and not yet acknowledged, per link; further packets wait
    /// (`Docs/protocol/hypha.md` section 3.3).
    package static let controlWindowFrames = 64
    /// Bytes of control packets waiting behind the window, per link; a further packet is refused
    /// and counted, and the engine closes the link: a neighbour that does not take its updates
    /// must not be believed to have them.
    package static let controlQueueBytesMax = 1 << 20
    /// Resends of the oldest control frame without any progress; then the link is down.
    package static let controlResendsMax = 8
    /// Liveness frames answered per second on one link, and at once; further ones get no answer
    /// and are counted.
    package static let echoesPerSecond = 200
    package static let echoesBurst = 100
    /// UDP payload that every path is taken to carry, bytes: IPv6's least MTU less headers.
    package static let datagramPayloadMin = 1232
    /// Largest UDP payload probed for, bytes (IPv6 jumbo payloads are not used).
    package static let datagramPayloadMax = 65_000
}
