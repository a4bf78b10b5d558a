// SPDX-License-Identifier: Apache-2.0
import HyphaBase

/// Addresses that one party can be expected to hold, for ceilings on inbound links.
///
/// An IPv6 host may choose freely among the 2^64 addresses of its /64, so those count together
/// too; all link-local neighbours share one /64 and loopback is ourselves, so these do not.
struct AddressGroup: Hashable {
    let host: SocketAddress.Host
    /// The /64, where it counts.
    let subnet: UInt64?

    init(_ address: SocketAddress) {
        host = address.host
        subnet =
            switch address.host {
            case .v4: nil
            case .v6(let address, _) where address.high >> 54 == 0x3fa: nil
            case .v6(let address, _) where address.high == 0: nil
            case .v6(let address, _): address.high
            }
    }
}
