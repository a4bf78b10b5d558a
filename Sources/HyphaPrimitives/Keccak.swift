// SPDX-License-Identifier: Apache-2.0

/// The sponge of FIPS 202 with its four functions that ML-KEM needs.
///
/// Portable code; its time depends on the sizes of input and output only, and the state is wiped
/// when the sponge goes.
package struct Keccak: ~Copyable {
    /// Which function, by its rate and domain suffix (FIPS 202 sections 6.1 and 6.2).
    package enum Function: Sendable {
        case sha3Of256Bits, sha3Of512Bits, shake128, shake256

        /// Bytes that one permutation takes or gives.
        var rateByteCount: Int {
            switch self {
            case .sha3Of256Bits, .shake256: 136
            case .sha3Of512Bits: 72
            case .shake128: 168
            }
        }

        /// The suffix bits and the first bit of the padding.
        var suffix: UInt64 {
            switch self {
            case .sha3Of256Bits, .sha3Of512Bits: 0x06
            case .shake128, .shake256: 0x1f
            }
        }
    }

    private var state = SecretMemory(byteCount: 200)
    private let rateByteCount: Int
    private let suffix: UInt64
    /// Where in the block the next byte goes or comes from.
    private var offset = 0
    private var isSqueezing = false

    /// Nothing absorbed so far.
    package init(_ function: Function) {
        rateByteCount = function.rateByteCount
        suffix = function.suffix
    }

    /// The 32 bytes of SHA3-256.
    package static func sha3Of256Bits(_ bytes: Span<UInt8>) -> [UInt8] {
        var sponge = Keccak(.sha3Of256Bits)
        sponge.absorb(bytes)
        return sponge.squeeze(byteCount: 32)
    }

    /// The 64 bytes of SHA3-512.
    package static func sha3Of512Bits(_ bytes: Span<UInt8>) -> [UInt8] {
        var sponge = Keccak(.sha3Of512Bits)
        sponge.absorb(bytes)
        return sponge.squeeze(byteCount: 64)
    }

    /// Takes the next piece of input, which may be empty; traps once output was taken.
    package mutating func absorb(_ bytes: Span<UInt8>) {
        precondition(!isSqueezing)
        var i = 0
        while i < bytes.count {
            if offset % 8 == 0, bytes.count - i >= 8 {
                // Rates are multiples of 8, so a whole lane never crosses the end of a block.
                state[lane: offset / 8] ^= Self.lane(bytes.extracting(i..<i + 8))
                i += 8
                offset += 8
            } else {
                state[lane: offset / 8] ^= UInt64(bytes[i]) &<< UInt64(offset % 8 * 8)
                i += 1
                offset += 1
            }
            if offset == rateByteCount {
                Self.permute(&state)
                offset = 0
            }
        }
    }

    /// The next bytes of output, as many as `output` holds; no input can follow.
    package mutating func squeeze(into output: inout MutableSpan<UInt8>) {
        if !isSqueezing { finish() }
        for i in output.indices {
            if offset == rateByteCount { nextBlock() }
            let lane = state[lane: offset / 8]
            output[i] = UInt8(truncatingIfNeeded: lane &>> UInt64(offset % 8 * 8))
            offset += 1
        }
    }

    /// The next bytes of output; no input can follow.
    ///
    /// - Parameter byteCount: How many are wanted, at least 1.
    /// - Returns: The bytes.
    package mutating func squeeze(byteCount: Int) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: byteCount)
        var span = result.mutableSpan
        squeeze(into: &span)
        return result
    }

    /// Ends the input with the padding; the first block of output is in the state.
    mutating func finish() {
        precondition(!isSqueezing)
        state[lane: offset / 8] ^= suffix &<< UInt64(offset % 8 * 8)
        state[lane: rateByteCount / 8 - 1] ^= 0x80 &<< 56
        nextBlock()
        isSqueezing = true
    }

    /// Puts the next block of output into the state.
    mutating func nextBlock() {
        Self.permute(&state)
        offset = 0
    }

    /// Eight bytes of the block of output in the state, the first in the low bits.
    ///
    /// - Parameter index: Which eight, less than the rate divided by 8.
    /// - Returns: The bytes as an integer.
    @inline(__always)
    func lane(_ index: Int) -> UInt64 { state[lane: index] }

    @inline(__always)
    private static func lane(_ bytes: Span<UInt8>) -> UInt64 {
        let low = UInt64(bytes[0]) | UInt64(bytes[1]) &<< 8
        let low2 = UInt64(bytes[2]) &<< 16 | UInt64(bytes[3]) &<< 24
        let high = UInt64(bytes[4]) &<< 32 | UInt64(bytes[5]) &<< 40
        let high2 = UInt64(bytes[6]) &<< 48 | UInt64(bytes[7]) &<< 56
        return (low | low2) | (high | high2)
    }
}
