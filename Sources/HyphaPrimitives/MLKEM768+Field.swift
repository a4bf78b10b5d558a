// SPDX-License-Identifier: Apache-2.0

extension MLKEM768 {
    /// Sixteen coefficients.
    typealias Vector = SIMD16<Int16>

    /// Arithmetic modulo q on sixteen coefficients at once, without branches.
    ///
    /// A coefficient is any 16-bit integer of its residue class. Products are Montgomery's with
    /// R = 2¹⁶, so one factor, usually a constant, carries a factor R.
    enum Field {
        /// The modulus of FIPS 203.
        static let q: Int16 = 3329

        /// `a * b / R`, between -q and q; one factor at most q in size, the other any value.
        @inline(__always)
        static func product(_ a: Vector, _ b: Vector) -> Vector {
            // -3327 is 1/q modulo R: the low halves are equal, so the difference is divisible by R.
            let quotient = a &* b &* Vector(repeating: -3327)
            return highHalves(a, b) &- highHalves(quotient, Vector(repeating: q))
        }

        /// The same class between -1664 and 1664 (Barrett; true for every 16-bit value).
        @inline(__always)
        static func reduced(_ a: Vector) -> Vector {
            // 20159 is 2²⁶ / q rounded.
            let high = highHalves(a, Vector(repeating: 20159))
            let quotient = (high &+ Vector(repeating: 512)) &>> Vector(repeating: 10)
            return a &- quotient &* Vector(repeating: q)
        }

        /// The same class between 0 and q - 1.
        @inline(__always)
        static func canonical(_ a: Vector) -> Vector {
            let small = reduced(a)
            // Negative ones get q: the shifted sign is a mask.
            return small &+ ((small &>> Vector(repeating: 15)) & Vector(repeating: q))
        }

        /// The upper 16 bits of each 32-bit product.
        ///
        /// Written for lanes of 32 bits, even coefficients and odd ones apart, because the compiler
        /// turns that into vector multiplications and does not do so with widened vectors.
        @inline(__always)
        private static func highHalves(_ a: Vector, _ b: Vector) -> Vector {
            let x: SIMD8<Int32> = reinterpreted(a)
            let y: SIMD8<Int32> = reinterpreted(b)
            let half = SIMD8<Int32>(repeating: 16)
            let even: SIMD8<UInt32> = reinterpreted(
                ((x &<< half) &>> half) &* ((y &<< half) &>> half)
            )
            let odd: SIMD8<UInt32> = reinterpreted((x &>> half) &* (y &>> half))
            return reinterpreted(
                even &>> SIMD8(repeating: 16) | odd & SIMD8(repeating: 0xffff_0000)
            )
        }

        /// The same 32 bytes as lanes of another size.
        @inline(__always)
        private static func reinterpreted<From: SIMD & BitwiseCopyable, To: SIMD & BitwiseCopyable>(
            _ vector: From
        ) -> To {
            // Safe: the load is checked against the size, and every bit pattern is valid.
            unsafe withUnsafeBytes(of: vector) { unsafe $0.loadUnaligned(as: To.self) }
        }
    }

    /// Powers of 17, the 256th root of unity, times R (FIPS 203 appendix A, bit-reversed order).
    enum Roots {
        /// For the four outer layers, which work on whole rows; the first is not used.
        static let outer: Vector = [
            -1044, -758, -359, -1517, 1493, 1422, 287, 202,
            -171, 622, 1577, 182, 962, -1202, -1474, 1468,
        ]
        /// For the layers with blocks of 16, 8, 8, 4, 4, 4 and 4; one lane for each row.
        static let inner: [7 of Vector] = [
            [
                573, -1325, 264, 383, -829, 1458, -1602, -130,
                -681, 1017, 732, 608, -1542, 411, -205, -1571,
            ],
            [
                1223, -552, -1293, -282, 516, -320, -1618, 126,
                -853, -271, 107, -247, -398, -1508, 448, 677,
            ],
            [
                652, 1015, 1491, -1544, -8, -666, -1162, 1469,
                -90, 830, -1421, -951, 961, -725, -1065, -1275,
            ],
            [
                -1103, -1251, 422, -291, -246, -777, -1590, 418,
                817, 1322, -1215, -874, -1185, -1510, -108, 958,
            ],
            [
                430, 871, 587, -460, 778, 1483, 644, 329,
                1097, -1285, -136, 220, -1530, -854, -308, -1460,
            ],
            [
                555, 1550, 177, 1574, 1159, -602, -872, -156,
                603, -1465, 1218, -1187, -1278, -870, 996, 1522,
            ],
            [
                843, 105, -235, 1653, -147, 1119, 349, -75,
                610, 384, -1335, -1659, 794, 478, 991, 1628,
            ],
        ]
        /// The same for the inverse; a root's inverse is the negative of its mirror image.
        static let inverseInner: [7 of Vector] = [
            [
                -1571, -205, 411, -1542, 608, 732, 1017, -681,
                -130, -1602, 1458, -829, 383, 264, -1325, 573,
            ],
            [
                -1275, -1065, -725, 961, -951, -1421, 830, -90,
                1469, -1162, -666, -8, -1544, 1491, 1015, 652,
            ],
            [
                677, 448, -1508, -398, -247, 107, -271, -853,
                126, -1618, -320, 516, -282, -1293, -552, 1223,
            ],
            [
                1628, 991, 478, 794, -1659, -1335, 384, 610,
                -75, 349, 1119, -147, 1653, -235, 105, 843,
            ],
            [
                1522, 996, -870, -1278, -1187, 1218, -1465, 603,
                -156, -872, -602, 1159, 1574, 177, 1550, 555,
            ],
            [
                -1460, -308, -854, -1530, 220, -136, -1285, 1097,
                329, 644, 1483, 778, -460, 587, 871, 430,
            ],
            [
                958, -108, -1510, -1185, -874, -1215, 1322, 817,
                418, -1590, -777, -246, -291, 422, -1251, -1103,
            ],
        ]
    }
}
