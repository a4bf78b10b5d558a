// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaCrypto
import HyphaForwarding

extension Worker {
    /// Makes sure that the cache holds a cipher for `key`; counts the drop otherwise.
    ///
    /// A new key costs an X25519 computation, so whoever makes us compute has a budget for it.
    ///
    /// - Parameters:
    ///   - key: The other end's key.
    ///   - link: Place of the link whose packet needs it; `nil` for this host's own.
    /// - Returns: `false` when the packet was dropped.
    mutating func prepare(_ key: PublicKey, for link: Int?) -> Bool {
        switch keys.presence(of: key) {
        case .ready: return true
        case .refused: break
        case .missing:
            guard mayDerive(for: link) else {
                counters.drops.count(.keyDerivationLimited)
                return false
            }
            if keys.derive(key, identity: identity) == .ready { return true }
        }
        counters.drops.count(.badSeal)
        return false
    }

    private mutating func mayDerive(for link: Int?) -> Bool {
        // What another worker handed over has no link here.
        guard let link, link >= 0 else { return hostDerivations.take(now: now) }
        return links[link].derivations.take(now: now)
    }
}
