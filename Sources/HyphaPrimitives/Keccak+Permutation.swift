// SPDX-License-Identifier: Apache-2.0

extension Keccak {
    /// The constants of step ι, one a round (FIPS 202 section 3.2.5).
    private static let roundConstants: [24 of UInt64] = [
        0x0000_0000_0000_0001, 0x0000_0000_0000_8082, 0x8000_0000_0000_808a,
        0x8000_0000_8000_8000, 0x0000_0000_0000_808b, 0x0000_0000_8000_0001,
        0x8000_0000_8000_8081, 0x8000_0000_0000_8009, 0x0000_0000_0000_008a,
        0x0000_0000_0000_0088, 0x0000_0000_8000_8009, 0x0000_0000_8000_000a,
        0x0000_0000_8000_808b, 0x8000_0000_0000_008b, 0x8000_0000_0000_8089,
        0x8000_0000_0000_8003, 0x8000_0000_0000_8002, 0x8000_0000_0000_0080,
        0x0000_0000_0000_800a, 0x8000_0000_8000_000a, 0x8000_0000_8000_8081,
        0x8000_0000_0000_8080, 0x0000_0000_8000_0001, 0x8000_0000_8000_8008,
    ]

    /// Keccak-f[1600] (FIPS 202 section 3.3): 24 rounds over 25 lanes.
    @inline(never)
    static func permute(_ state: inout SecretMemory) {
        var lanes = Lanes(state)
        for i in 0..<24 { lanes.round(roundConstants[i]) }
        lanes.store(to: &state)
    }

    /// The lanes as plain variables, so that the compiler can keep them in registers; lane
    /// `x + 5 y` of FIPS 202.
    private struct Lanes {
        var a0, a1, a2, a3, a4: UInt64
        var a5, a6, a7, a8, a9: UInt64
        var a10, a11, a12, a13, a14: UInt64
        var a15, a16, a17, a18, a19: UInt64
        var a20, a21, a22, a23, a24: UInt64

        @inline(__always)
        init(_ s: borrowing SecretMemory) {
            (a0, a1, a2, a3, a4) = (s[lane: 0], s[lane: 1], s[lane: 2], s[lane: 3], s[lane: 4])
            (a5, a6, a7, a8, a9) = (s[lane: 5], s[lane: 6], s[lane: 7], s[lane: 8], s[lane: 9])
            (a10, a11, a12, a13, a14) = (
                s[lane: 10], s[lane: 11], s[lane: 12], s[lane: 13], s[lane: 14]
            )
            (a15, a16, a17, a18, a19) = (
                s[lane: 15], s[lane: 16], s[lane: 17], s[lane: 18], s[lane: 19]
            )
            (a20, a21, a22, a23, a24) = (
                s[lane: 20], s[lane: 21], s[lane: 22], s[lane: 23], s[lane: 24]
            )
        }

        @inline(__always)
        func store(to s: inout SecretMemory) {
            (s[lane: 0], s[lane: 1], s[lane: 2], s[lane: 3], s[lane: 4]) = (a0, a1, a2, a3, a4)
            (s[lane: 5], s[lane: 6], s[lane: 7], s[lane: 8], s[lane: 9]) = (a5, a6, a7, a8, a9)
            (s[lane: 10], s[lane: 11], s[lane: 12], s[lane: 13], s[lane: 14]) = (
                a10, a11, a12, a13, a14
            )
            (s[lane: 15], s[lane: 16], s[lane: 17], s[lane: 18], s[lane: 19]) = (
                a15, a16, a17, a18, a19
            )
            (s[lane: 20], s[lane: 21], s[lane: 22], s[lane: 23], s[lane: 24]) = (
                a20, a21, a22, a23, a24
            )
        }

        /// θ, ρ, π, χ and ι in one pass (FIPS 202 sections 3.2.1 to 3.2.5).
        @inline(__always)
        mutating func round(_ constant: UInt64) {
            let c0 = a0 ^ a5 ^ a10 ^ a15 ^ a20
            let c1 = a1 ^ a6 ^ a11 ^ a16 ^ a21
            let c2 = a2 ^ a7 ^ a12 ^ a17 ^ a22
            let c3 = a3 ^ a8 ^ a13 ^ a18 ^ a23
            let c4 = a4 ^ a9 ^ a14 ^ a19 ^ a24
            let d0 = c4 ^ Self.rotated(c1, 1)
            let d1 = c0 ^ Self.rotated(c2, 1)
            let d2 = c1 ^ Self.rotated(c3, 1)
            let d3 = c2 ^ Self.rotated(c4, 1)
            let d4 = c3 ^ Self.rotated(c0, 1)

            let b0 = a0 ^ d0
            let b1 = Self.rotated(a6 ^ d1, 44)
            let b2 = Self.rotated(a12 ^ d2, 43)
            let b3 = Self.rotated(a18 ^ d3, 21)
            let b4 = Self.rotated(a24 ^ d4, 14)
            let b5 = Self.rotated(a3 ^ d3, 28)
            let b6 = Self.rotated(a9 ^ d4, 20)
            let b7 = Self.rotated(a10 ^ d0, 3)
            let b8 = Self.rotated(a16 ^ d1, 45)
            let b9 = Self.rotated(a22 ^ d2, 61)
            let b10 = Self.rotated(a1 ^ d1, 1)
            let b11 = Self.rotated(a7 ^ d2, 6)
            let b12 = Self.rotated(a13 ^ d3, 25)
            let b13 = Self.rotated(a19 ^ d4, 8)
            let b14 = Self.rotated(a20 ^ d0, 18)
            let b15 = Self.rotated(a4 ^ d4, 27)
            let b16 = Self.rotated(a5 ^ d0, 36)
            let b17 = Self.rotated(a11 ^ d1, 10)
            let b18 = Self.rotated(a17 ^ d2, 15)
            let b19 = Self.rotated(a23 ^ d3, 56)
            let b20 = Self.rotated(a2 ^ d2, 62)
            let b21 = Self.rotated(a8 ^ d3, 55)
            let b22 = Self.rotated(a14 ^ d4, 39)
            let b23 = Self.rotated(a15 ^ d0, 41)
            let b24 = Self.rotated(a21 ^ d1, 2)

            (a0, a1, a2, a3, a4) = Self.combined(b0, b1, b2, b3, b4)
            (a5, a6, a7, a8, a9) = Self.combined(b5, b6, b7, b8, b9)
            (a10, a11, a12, a13, a14) = Self.combined(b10, b11, b12, b13, b14)
            (a15, a16, a17, a18, a19) = Self.combined(b15, b16, b17, b18, b19)
            (a20, a21, a22, a23, a24) = Self.combined(b20, b21, b22, b23, b24)
            a0 ^= constant
        }

        /// Step χ on one row.
        @inline(__always)
        private static func combined(
            _ b0: UInt64,
            _ b1: UInt64,
            _ b2: UInt64,
            _ b3: UInt64,
            _ b4: UInt64
        ) -> (UInt64, UInt64, UInt64, UInt64, UInt64) {
            (
                b0 ^ (~b1 & b2), b1 ^ (~b2 & b3), b2 ^ (~b3 & b4), b3 ^ (~b4 & b0),
                b4 ^ (~b0 & b1)
            )
        }

        @inline(__always)
        private static func rotated(_ lane: UInt64, _ count: UInt64) -> UInt64 {
            lane &<< count | lane &>> (64 &- count)
        }
    }
}
