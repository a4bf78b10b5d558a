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
}
