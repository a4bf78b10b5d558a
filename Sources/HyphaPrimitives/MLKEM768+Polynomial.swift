// SPDX-License-Identifier: Apache-2.0

extension MLKEM768 {
    /// A polynomial of 256 coefficients modulo q, as 16 rows of 16; wiped when its owner is done.
    ///
    /// Coefficient `16 r + c` stands in row `r`, column `c`. A transformed polynomial stands
    /// mirrored, in row `c`, column `r`: so the four outer layers of the transform and the three
    /// inner ones both work on whole rows, and so does the multiplication.
    struct Polynomial: ~Copyable {
        private var memory = SecretMemory(byteCount: 512)

        /// The coefficient at index `i`, 0…255.
        subscript(i: Int) -> Int16 {
            @inline(__always) get { memory[coefficient: i] }
            @inline(__always) set { memory[coefficient: i] = newValue }
        }

        /// The coefficient at index `i`, 0…255, of a transformed polynomial.
        subscript(transformed i: Int) -> Int16 {
            @inline(__always) get { memory[coefficient: Self.mirrored(i)] }
            @inline(__always) set { memory[coefficient: Self.mirrored(i)] = newValue }
        }

        /// The number-theoretic transform (FIPS 203 algorithm 9).
        ///
        /// Coefficients are at most q in size before and between -1664 and 1664 afterwards.
        mutating func transform() {
            var distance = 8
            while distance > 0 {
                for block in 0..<8 / distance {
                    let root = Vector(repeating: Roots.outer[8 / distance + block])
                    forward(block * 2 * distance, distance, root)
                }
                distance /= 2
            }
            mirror()
            forward(0, 8, Roots.inner[0])
            for block in 0..<2 { forward(block * 8, 4, Roots.inner[1 + block]) }
            for block in 0..<4 { forward(block * 4, 2, Roots.inner[3 + block]) }
            reduce()
        }

        /// The inverse transform (FIPS 203 algorithm 10) times R, which takes away the division by
        /// R of a multiplication before it.
        ///
        /// Coefficients are between -1664 and 1664 before and at most q in size afterwards.
        mutating func inverseTransform() {
            for block in 0..<4 { backward(block * 4, 2, Roots.inverseInner[3 + block]) }
            for block in 0..<2 { backward(block * 8, 4, Roots.inverseInner[1 + block]) }
            backward(0, 8, Roots.inverseInner[0])
            mirror()
            var distance = 1
            while distance <= 8 {
                for block in 0..<8 / distance {
                    let root = Vector(repeating: Roots.outer[16 / distance - 1 - block])
                    backward(block * 2 * distance, distance, root)
                }
                distance *= 2
            }
            // R² / 128.
            let factor = Vector(repeating: 1441)
            for row in 0..<16 { memory[row: row] = Field.product(memory[row: row], factor) }
        }

        /// Adds the product of two transformed polynomials, divided by R (FIPS 203 algorithms 11
        /// and 12).
        ///
        /// Coefficients of the factors are at most q in size; each call adds at most 2q, so three
        /// calls fit before ``reduce()``.
        mutating func add(_ a: borrowing Polynomial, times b: borrowing Polynomial) {
            for pair in 0..<8 {
                let (a0, a1) = (a.memory[row: 2 * pair], a.memory[row: 2 * pair + 1])
                let (b0, b1) = (b.memory[row: 2 * pair], b.memory[row: 2 * pair + 1])
                let root = Roots.inner[3 + pair / 2]
                let product = Field.product(Field.product(a1, b1), root)
                // Roots of odd pairs are the negatives of those of even ones.
                let signed = pair % 2 == 0 ? product : Vector() &- product
                memory[row: 2 * pair] = memory[row: 2 * pair] &+ signed &+ Field.product(a0, b0)
                memory[row: 2 * pair + 1] =
                    memory[row: 2 * pair + 1] &+ Field.product(a0, b1) &+ Field.product(a1, b0)
            }
        }

        /// Multiplies by R.
        mutating func multiplyByR() {
            // R² modulo q.
            let factor = Vector(repeating: 1353)
            for row in 0..<16 { memory[row: row] = Field.product(memory[row: row], factor) }
        }

        /// Adds another polynomial in the same order.
        mutating func add(_ other: borrowing Polynomial) {
            for row in 0..<16 { memory[row: row] = memory[row: row] &+ other.memory[row: row] }
        }

        /// Puts `other` minus this one in its place.
        mutating func subtract(from other: borrowing Polynomial) {
            for row in 0..<16 { memory[row: row] = other.memory[row: row] &- memory[row: row] }
        }

        /// Brings all coefficients between -1664 and 1664.
        mutating func reduce() {
            for row in 0..<16 { memory[row: row] = Field.reduced(memory[row: row]) }
        }

        /// Brings all coefficients between 0 and q - 1.
        mutating func makeCanonical() {
            for row in 0..<16 { memory[row: row] = Field.canonical(memory[row: row]) }
        }

        /// Makes all coefficients zero.
        mutating func clear() {
            for row in 0..<16 { memory[row: row] = Vector() }
        }

        /// The Cooley-Tukey step on `distance` rows from `first` and as many after them.
        @inline(__always)
        private mutating func forward(_ first: Int, _ distance: Int, _ root: Vector) {
            for row in first..<first + distance {
                let product = Field.product(memory[row: row + distance], root)
                let value = memory[row: row]
                memory[row: row + distance] = value &- product
                memory[row: row] = value &+ product
            }
        }

        /// The Gentleman-Sande step on `distance` rows from `first` and as many after them.
        @inline(__always)
        private mutating func backward(_ first: Int, _ distance: Int, _ root: Vector) {
            for row in first..<first + distance {
                let low = memory[row: row]
                let high = memory[row: row + distance]
                memory[row: row] = Field.reduced(low &+ high)
                memory[row: row + distance] = Field.product(high &- low, root)
            }
        }

        /// Exchanges rows and columns.
        private mutating func mirror() {
            for row in 0..<15 {
                for column in row + 1..<16 {
                    let value = memory[coefficient: row * 16 + column]
                    memory[coefficient: row * 16 + column] = memory[coefficient: column * 16 + row]
                    memory[coefficient: column * 16 + row] = value
                }
            }
        }

        @inline(__always)
        private static func mirrored(_ i: Int) -> Int { (i & 15) &<< 4 | i &>> 4 }
    }

    /// Three polynomials.
    typealias PolynomialVector = InlineArray<3, Polynomial>
}
