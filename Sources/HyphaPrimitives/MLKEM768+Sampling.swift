// SPDX-License-Identifier: Apache-2.0

extension MLKEM768.Polynomial {
    /// Fills a transformed polynomial with an element of the public matrix, coefficients 0 to q - 1
    /// (FIPS 203 algorithm 7, SampleNTT).
    ///
    /// - Parameters:
    ///   - rho: The 32 bytes that make the matrix. Time depends on them; they are public.
    ///   - first: The first byte after them, the column of the matrix.
    ///   - second: The second byte after them, the row of the matrix.
    mutating func sampleUniform(_ rho: Span<UInt8>, first: UInt8, second: UInt8) {
        var sponge = Keccak(.shake128)
        sponge.absorb(rho)
        sponge.absorb([first, second].span)
        sponge.finish()
        var count = 0
        while true {
            // A block of 21 lanes is 7 times 24 bytes, each with 16 candidates of 12 bits.
            for group in 0..<7 {
                let x = sponge.lane(group * 3)
                let y = sponge.lane(group * 3 + 1)
                let z = sponge.lane(group * 3 + 2)
                for i in 0..<5 { take(x &>> UInt64(12 * i), &count) }
                take(x &>> 60 | y &<< 4, &count)
                for i in 0..<4 { take(y &>> UInt64(8 + 12 * i), &count) }
                take(y &>> 56 | z &<< 8, &count)
                for i in 0..<5 { take(z &>> UInt64(4 + 12 * i), &count) }
            }
            if count == 256 { return }
            sponge.nextBlock()
        }
    }

    /// Keeps the low 12 bits as the next coefficient when they are less than q.
    @inline(__always)
    private mutating func take(_ bits: UInt64, _ count: inout Int) {
        guard count < 256 else { return }
        let candidate = Int16(truncatingIfNeeded: bits & 0xfff)
        // Stored in any case and overwritten by the next: a branch would be predicted badly.
        self[transformed: count] = candidate
        count += candidate < MLKEM768.Field.q ? 1 : 0
    }

    /// Fills with noise from -2 to 2 (FIPS 203 algorithm 8, SamplePolyCBD, with η = 2).
    ///
    /// - Parameters:
    ///   - seed: 32 secret bytes.
    ///   - counter: Another one for each polynomial from the same seed.
    mutating func sampleNoise(_ seed: Span<UInt8>, counter: UInt8) {
        var sponge = Keccak(.shake256)
        sponge.absorb(seed)
        sponge.absorb([counter].span)
        sponge.finish()
        for row in 0..<16 {
            // Four bits a coefficient: the first two are added, the others subtracted.
            let bits = sponge.lane(row)
            let sums = (bits & 0x5555_5555_5555_5555) &+ (bits &>> 1 & 0x5555_5555_5555_5555)
            for column in 0..<16 {
                let pair = Int16(truncatingIfNeeded: sums &>> UInt64(4 * column)) & 15
                self[row * 16 + column] = (pair & 3) &- (pair &>> 2)
            }
        }
    }
}
