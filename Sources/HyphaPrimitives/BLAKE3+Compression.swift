// SPDX-License-Identifier: Apache-2.0

extension BLAKE3 {
    /// Eight 32-bit words: a chaining value, a key or the initialisation vector.
    typealias Words8 = [8 of UInt32]
    /// Sixteen 32-bit words: a message block or the compression function's output.
    typealias Words16 = [16 of UInt32]

    /// Domain separation flags of the compression function (paper section 2.2, table 3).
    struct Flags: OptionSet {
        let rawValue: UInt32

        static let chunkStart = Flags(rawValue: 1)
        static let chunkEnd = Flags(rawValue: 2)
        static let parent = Flags(rawValue: 4)
        static let root = Flags(rawValue: 8)
        static let keyedHash = Flags(rawValue: 16)
        static let deriveKeyContext = Flags(rawValue: 32)
        static let deriveKeyMaterial = Flags(rawValue: 64)
    }

    /// Bytes in a block.
    static let blockByteCount = 64
    /// Bytes in a chunk, the leaf of the tree.
    static let chunkByteCount = 1024

    /// The initialisation vector, the same as that of SHA-256 (paper section 2.2, table 1).
    static let initialisationVector: Words8 = [
        0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a,
        0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
    ]

    /// All inputs of one call of the compression function.
    struct Node {
        var chainingValue: Words8
        var block: Words16
        var counter: UInt64
        var blockLength: UInt32
        var flags: Flags

        /// The 16 output words (paper section 2.2).
        func compressed(extraFlags: Flags = []) -> Words16 {
            var state = State(self, flags: flags.union(extraFlags))
            var message = block
            // Written out, so that the permutations are of names and no word moves.
            state.round(message)
            message = Self.permuted(message)
            state.round(message)
            message = Self.permuted(message)
            state.round(message)
            message = Self.permuted(message)
            state.round(message)
            message = Self.permuted(message)
            state.round(message)
            message = Self.permuted(message)
            state.round(message)
            message = Self.permuted(message)
            state.round(message)
            return state.output(chainingValue)
        }

        /// The message words in the order of the next round (table 2).
        @inline(__always)
        private static func permuted(_ m: Words16) -> Words16 {
            [
                m[2], m[6], m[3], m[10], m[7], m[0], m[4], m[13],
                m[1], m[11], m[12], m[5], m[9], m[14], m[15], m[8],
            ]
        }

        /// The first eight output words.
        func nextChainingValue() -> Words8 {
            let words = compressed()
            return [
                words[0], words[1], words[2], words[3], words[4], words[5], words[6], words[7],
            ]
        }
    }

    /// The 4 × 4 state of the compression function; plain variables, so that it stays in registers.
    private struct State {
        var a0, a1, a2, a3: UInt32
        var b0, b1, b2, b3: UInt32
        var c0, c1, c2, c3: UInt32
        var d0, d1, d2, d3: UInt32

        @inline(__always)
        init(_ node: Node, flags: Flags) {
            let top = node.chainingValue
            let iv = initialisationVector
            (a0, a1, a2, a3) = (top[0], top[1], top[2], top[3])
            (b0, b1, b2, b3) = (top[4], top[5], top[6], top[7])
            (c0, c1, c2, c3) = (iv[0], iv[1], iv[2], iv[3])
            d0 = UInt32(truncatingIfNeeded: node.counter)
            d1 = UInt32(truncatingIfNeeded: node.counter >> 32)
            d2 = node.blockLength
            d3 = flags.rawValue
        }

        /// One round on the message words: columns, then diagonals.
        @inline(__always)
        mutating func round(_ m: Words16) {
            Self.mix(&a0, &b0, &c0, &d0, m[0], m[1])
            Self.mix(&a1, &b1, &c1, &d1, m[2], m[3])
            Self.mix(&a2, &b2, &c2, &d2, m[4], m[5])
            Self.mix(&a3, &b3, &c3, &d3, m[6], m[7])
            Self.mix(&a0, &b1, &c2, &d3, m[8], m[9])
            Self.mix(&a1, &b2, &c3, &d0, m[10], m[11])
            Self.mix(&a2, &b3, &c0, &d1, m[12], m[13])
            Self.mix(&a3, &b0, &c1, &d2, m[14], m[15])
        }

        /// The quarter round G (paper section 2.2).
        @inline(__always)
        private static func mix(
            _ a: inout UInt32,
            _ b: inout UInt32,
            _ c: inout UInt32,
            _ d: inout UInt32,
            _ x: UInt32,
            _ y: UInt32
        ) {
            a = a &+ b &+ x
            d = rotate(d ^ a, 16)
            c = c &+ d
            b = rotate(b ^ c, 12)
            a = a &+ b &+ y
            d = rotate(d ^ a, 8)
            c = c &+ d
            b = rotate(b ^ c, 7)
        }

        @inline(__always)
        private static func rotate(_ x: UInt32, _ count: UInt32) -> UInt32 {
            x &>> count | x &<< (32 &- count)
        }

        /// The output words: the halves of the state combined, and the input fed forward.
        @inline(__always)
        func output(_ input: Words8) -> Words16 {
            [
                a0 ^ c0, a1 ^ c1, a2 ^ c2, a3 ^ c3, b0 ^ d0, b1 ^ d1, b2 ^ d2, b3 ^ d3,
                c0 ^ input[0], c1 ^ input[1], c2 ^ input[2], c3 ^ input[3],
                d0 ^ input[4], d1 ^ input[5], d2 ^ input[6], d3 ^ input[7],
            ]
        }
    }
}
