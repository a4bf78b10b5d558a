// SPDX-License-Identifier: Apache-2.0
import HyphaBase

/// The addresses derived from a few keys in use, so that a large packet costs no hash.
///
/// Only the derived address itself is surely the neighbour's own host, which is known to take large
/// packets; other addresses of its /64 may lie behind a smaller MTU.
struct OwnerCache {
    private var entries = [Entry?](repeating: nil, count: 64)

    private struct Entry {
        let key: PublicKey
        let address: IPv6Address
    }

    /// Whether `address` is the one derived from `key`.
    mutating func isOwner(_ key: PublicKey, of address: IPv6Address) -> Bool {
        let place = Int(truncatingIfNeeded: address.high) & 63
        if let entry = entries[place], entry.key == key { return entry.address == address }
        let derived = IPv6Address(derivedFrom: key)
        entries[place] = Entry(key: key, address: derived)
        return derived == address
    }
}
