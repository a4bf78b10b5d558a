// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import Testing

@Suite struct PublicKeyTests {
    @Test func bytesSurviveARoundTrip() throws {
        let bytes = (0..<32).map { UInt8($0 * 7 + 1) }
        let key = try #require(PublicKey(bytes))
        #expect(key.bytes == bytes)
        #expect(PublicKey(hexadecimal: key.description) == key)
        #expect(PublicKey(hexadecimal: key.description.uppercased()) == key)
    }

    @Test(arguments: [0, 31, 33]) func otherSizesAreRefused(count: Int) {
        #expect(PublicKey([UInt8](repeating: 1, count: count)) == nil)
        #expect(PublicKey(hexadecimal: String(repeating: "01", count: count)) == nil)
    }

    @Test func keysAreOrderedAsTheirBytes() {
        var generator = SplitMix(seed: 1)
        for _ in 0..<200 {
            let left = (0..<32).map { _ in UInt8.random(in: 0...1, using: &generator) }
            let right = (0..<32).map { _ in UInt8.random(in: 0...1, using: &generator) }
            guard let a = PublicKey(left), let b = PublicKey(right) else { return }
            #expect((a < b) == left.lexicographicallyPrecedes(right))
            #expect((a == b) == (left == right))
        }
    }

    @Test(arguments: ["0", "0g", "zz", "é0"]) func badDigitsAreRefused(text: String) {
        #expect(Hexadecimal.bytes(text) == nil)
    }
}
