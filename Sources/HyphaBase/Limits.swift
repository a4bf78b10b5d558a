// SPDX-License-Identifier: Apache-2.0

/// Ceilings shared by more than one module; each module keeps its own in an extension.
///
/// At a ceiling the new thing is refused and counted; nothing already working is given up for it.
package enum Limits {
    /// Links to neighbours, of any origin; further ones are closed at once.
    package static let neighboursMax = 512
    /// Largest inner packet that TUN gives us unsegmented, bytes.
    package static let tunnelMTUBytes = 1400
    /// Largest encrypted body of a data packet, bytes (a 16-bit field).
    package static let bodyBytesMax = 65_535
    /// Largest inner IPv6 packet handed whole to a stream neighbour that is its destination, bytes
    /// (65 000 was seen to be delivered by the base program).
    package static let largePacketBytesMax = 65_000
    /// Forwarding hops a packet may arrive with and still be used, at least (base section 4.4).
    package static let hopLimitMin: UInt8 = 2
    /// Workers of a data plane; a configuration that wants more is refused.
    package static let workersMax = 16
    /// Workers where the configuration says nothing, however many processors there are.
    package static let workersDefaultMax = 8
}
