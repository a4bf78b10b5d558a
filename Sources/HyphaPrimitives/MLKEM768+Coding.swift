// SPDX-License-Identifier: Apache-2.0

extension MLKEM768.Polynomial {
    /// Bytes of a polynomial with 12 bits a coefficient.
    static let byteCount = 384

    /// Writes a transformed polynomial, 12 bits a coefficient (FIPS 203 algorithm 5).
    ///
    /// - Parameters:
    ///   - output: Gets 384 bytes.
    ///   - offset: Where, bytes.
    func encode(to output: inout MutableSpan<UInt8>, at offset: Int) {
        for i in 0..<128 {
            let low = UInt16(bitPattern: self[transformed: 2 * i])
            let high = UInt16(bitPattern: self[transformed: 2 * i + 1])
            output[offset + 3 * i] = UInt8(truncatingIfNeeded: low)
            output[offset + 3 * i + 1] = UInt8(truncatingIfNeeded: low &>> 8 | high &<< 4)
            output[offset + 3 * i + 2] = UInt8(truncatingIfNeeded: high &>> 4)
        }
    }

    /// Reads a transformed polynomial, 12 bits a coefficient (FIPS 203 algorithm 6).
    ///
    /// - Parameter bytes: 384 bytes.
    /// - Returns: Whether all coefficients are less than q; the time taken does not depend on them.
    @discardableResult
    mutating func decode(_ bytes: Span<UInt8>) -> Bool {
        // Negative as long as every coefficient minus q is.
        var excess: Int16 = -1
        for i in 0..<128 {
            let middle = Int16(bytes[3 * i + 1])
            let low = Int16(bytes[3 * i]) | (middle & 15) &<< 8
            let high = middle &>> 4 | Int16(bytes[3 * i + 2]) &<< 4
            self[transformed: 2 * i] = low
            self[transformed: 2 * i + 1] = high
            excess &= (low &- MLKEM768.Field.q) & (high &- MLKEM768.Field.q)
        }
        return excess < 0
    }

    /// Writes 10 bits a coefficient; coefficients are between 0 and q - 1.
    ///
    /// - Parameters:
    ///   - output: Gets 320 bytes.
    ///   - offset: Where, bytes.
    func encodeCompressed10(to output: inout MutableSpan<UInt8>, at offset: Int) {
        for i in 0..<64 {
            let first = UInt64(compressed(4 * i, bits: 10))
            let second = UInt64(compressed(4 * i + 1, bits: 10))
            let third = UInt64(compressed(4 * i + 2, bits: 10))
            let fourth = UInt64(compressed(4 * i + 3, bits: 10))
            let all = first | second &<< 10 | third &<< 20 | fourth &<< 30
            for j in 0..<5 {
                output[offset + 5 * i + j] = UInt8(truncatingIfNeeded: all &>> UInt64(8 * j))
            }
        }
    }

    /// Reads 10 bits a coefficient.
    ///
    /// - Parameter bytes: 320 bytes.
    mutating func decodeCompressed10(_ bytes: Span<UInt8>) {
        for i in 0..<64 {
            var all: UInt64 = 0
            for j in 0..<5 { all |= UInt64(bytes[5 * i + j]) &<< UInt64(8 * j) }
            for j in 0..<4 {
                let value = UInt32(truncatingIfNeeded: all &>> UInt64(10 * j)) & 1023
                self[4 * i + j] = Int16(truncatingIfNeeded: (value &* 3329 &+ 512) &>> 10)
            }
        }
    }

    /// Writes 4 bits a coefficient; coefficients are between 0 and q - 1.
    ///
    /// - Parameters:
    ///   - output: Gets 128 bytes.
    ///   - offset: Where, bytes.
    func encodeCompressed4(to output: inout MutableSpan<UInt8>, at offset: Int) {
        for i in 0..<128 {
            let low = compressed(2 * i, bits: 4)
            let high = compressed(2 * i + 1, bits: 4)
            output[offset + i] = UInt8(truncatingIfNeeded: low | high &<< 4)
        }
    }

    /// Reads 4 bits a coefficient.
    ///
    /// - Parameter bytes: 128 bytes.
    mutating func decodeCompressed4(_ bytes: Span<UInt8>) {
        for i in 0..<128 {
            let low = UInt32(bytes[i] & 15)
            let high = UInt32(bytes[i] &>> 4)
            self[2 * i] = Int16(truncatingIfNeeded: (low &* 3329 &+ 8) &>> 4)
            self[2 * i + 1] = Int16(truncatingIfNeeded: (high &* 3329 &+ 8) &>> 4)
        }
    }

    /// Writes one bit a coefficient; coefficients are between 0 and q - 1.
    ///
    /// - Parameter output: Gets 32 bytes, which were zero.
    func encodeMessage(to output: inout MutableSpan<UInt8>) {
        for i in 0..<256 {
            output[i / 8] |= UInt8(truncatingIfNeeded: compressed(i, bits: 1) &<< UInt32(i % 8))
        }
    }

    /// Adds the polynomial of a message: half of q where a bit is one.
    ///
    /// - Parameter message: 32 bytes.
    mutating func addMessage(_ message: Span<UInt8>) {
        for i in 0..<256 {
            let mask = 0 &- Int16(message[i / 8] &>> UInt8(i % 8) & 1)
            self[i] = self[i] &+ (mask & 1665)
        }
    }

    /// The coefficient divided by q, times 2^bits, rounded (FIPS 203 section 4.2.1), by
    /// multiplication and shift, because division takes longer for some numbers.
    @inline(__always)
    private func compressed(_ i: Int, bits: UInt64) -> UInt32 {
        let value = UInt64(UInt16(bitPattern: self[i]))
        // 1290167 is 2³² / q rounded; the result is exact for all coefficients and 1, 4 and 10 bits.
        let quotient = (((value &<< bits) &+ 1665) &* 1_290_167) &>> 32
        return UInt32(truncatingIfNeeded: quotient & ((1 &<< bits) &- 1))
    }
}
