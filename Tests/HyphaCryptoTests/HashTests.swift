// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaCrypto
import HyphaSession
import Testing

/// BLAKE2s with HMAC as every hash has it.
private func genericCode(_ message: Span<UInt8>, key: Span<UInt8>) -> [UInt8] {
    var output = [UInt8](repeating: 0, count: BLAKE2s.byteCount)
    var span = output.mutableSpan
    BLAKE2s.authenticate(message, key: key, into: &span)
    return output
}

@Suite struct HashTests {
    /// Bytes 7i + 3.
    private let pattern = (0..<300).map { UInt8(truncatingIfNeeded: 7 * $0 + 3) }

    @Test func standardExamplesAreReproduced() {
        // FIPS 180-4 and RFC 7693 appendix B, "abc".
        let abc = Array("abc".utf8)
        #expect(
            Hexadecimal.text(SHA256.hash(abc.span))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        )
        #expect(
            Hexadecimal.text(BLAKE2s.hash(abc.span))
                == "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982"
        )
    }

    /// The expected values of the three tests on lengths were computed with Python's `hashlib` and
    /// `hmac`.
    @Test func allLengthsAroundBlocksAreHashed() {
        var sha: [UInt8] = []
        var blake: [UInt8] = []
        for count in 0...300 {
            sha += SHA256.hash(pattern.span.extracting(0..<count))
            blake += BLAKE2s.hash(pattern.span.extracting(0..<count))
        }
        #expect(
            Hexadecimal.text(SHA256.hash(sha.span))
                == "7d917fbd2cf49ddff9ad0a8706bba32d204e92e71d2e369c5a03d6af29278c9f"
        )
        #expect(
            Hexadecimal.text(SHA256.hash(blake.span))
                == "7bb8468e326e4fc900d1dce29b7e0f2ca28fadb0f1c74d42a1225a11df9fe9e7"
        )
    }

    @Test func allKeyLengthsAuthenticate() {
        var codes: [UInt8] = []
        for count in 1...200 {
            codes += SHA256.authenticationCode(
                pattern.span.extracting(0..<200 - count),
                key: pattern.span.extracting(0..<count)
            )
        }
        #expect(
            Hexadecimal.text(SHA256.hash(codes.span))
                == "1e695fbaf2af7ee1b267ee94e3a9ca65747f61c4d6f2d7f7ebc704f9694ef33a"
        )
    }

    @Test func theGenericCodeIsHMAC() {
        var codes: [UInt8] = []
        for count in 1...64 {
            codes += genericCode(
                pattern.span.extracting(0..<200 - count),
                key: pattern.span.extracting(0..<count)
            )
        }
        #expect(
            Hexadecimal.text(SHA256.hash(codes.span))
                == "4614fdd8d403629f5a703374a4a44e17d1a678d852d204593019b92e3251e21a"
        )
    }

    /// RFC 4231 cases 2 and 6.
    @Test func publishedCodesAreReproduced() {
        let short = SHA256.authenticationCode(
            Array("what do ya want for nothing?".utf8).span,
            key: Array("Jefe".utf8).span
        )
        #expect(
            Hexadecimal.text(short)
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        )
        let long = SHA256.authenticationCode(
            Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8).span,
            key: [UInt8](repeating: 0xaa, count: 131).span
        )
        #expect(
            Hexadecimal.text(long)
                == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        )
    }

    @Test func keysAreDerivedAsTheStandardSays() {
        // RFC 5869 test case 3 (no salt, no label), the first 32 bytes.
        let plain = SHA256.deriveKey(
            from: secret([UInt8](repeating: 0x0b, count: 22)),
            salt: [],
            label: ""
        )
        #expect(
            plain.withBytes { Hexadecimal.text(Array(copying: $0)) }
                == "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
        )
        // Computed with Python's hmac.
        let labelled = SHA256.deriveKey(
            from: secret(Array(0..<32)),
            salt: Array("home".utf8),
            label: "hypha psk 1"
        )
        #expect(
            labelled.withBytes { Hexadecimal.text(Array(copying: $0)) }
                == "df159bf726263fe8e9afa3fc91ba3621f08ce2d9c65935accc7ba80f62c9027f"
        )
    }
}
