// SPDX-License-Identifier: Apache-2.0
import HyphaPrimitives

extension IPv6Address {
    /// The overlay address of a public key: the first 16 bytes of its BLAKE3 hash, the first of
    /// them replaced by 0x04 or 0x05 after the parity of its one-bits.
    ///
    /// Source: `Docs/protocol/base.md` section 1.2.
    package init(derivedFrom key: PublicKey) {
        let hash = BLAKE3.hash(key.bytes)
        var high: UInt64 = 0
        var low: UInt64 = 0
        for i in 0..<8 {
            high = high << 8 | UInt64(hash[i])
            low = low << 8 | UInt64(hash[8 + i])
        }
        let first: UInt64 = 0x04 | UInt64(hash[0].nonzeroBitCount & 1)
        self.init(high: first << 56 | high & 0x00ff_ffff_ffff_ffff, low: low)
    }
}
