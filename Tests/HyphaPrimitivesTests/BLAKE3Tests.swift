// SPDX-License-Identifier: Apache-2.0
import Foundation
import HyphaPrimitives
import Testing

/// The official vectors: hash, keyed hash and derived key, 131 bytes of output each.
struct BLAKE3Vectors: Decodable {
    struct Case: Decodable {
        let input_len: Int
        let hash: String
        let keyed_hash: String
        let derive_key: String
    }

    let key: String
    let context_string: String
    let cases: [Case]

    static func load() throws -> BLAKE3Vectors {
        let url = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../Vectors/published/blake3.json")
        return try JSONDecoder().decode(BLAKE3Vectors.self, from: Data(contentsOf: url))
    }

    /// The input of all official vectors: the bytes 0 to 250, over and over.
    static func input(_ count: Int) -> [UInt8] { (0..<count).map { UInt8($0 % 251) } }
}

func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { String(format: "%02x", $0) }.joined()
}

@Suite struct BLAKE3Tests {
    @Test func officialVectorsHoldIncludingExtendedOutput() throws {
        let vectors = try BLAKE3Vectors.load()
        #expect(vectors.cases.count == 35)
        let key = Array(vectors.key.utf8)
        for vector in vectors.cases {
            let input = BLAKE3Vectors.input(vector.input_len)
            var plain = BLAKE3.Hasher()
            plain.update(input.span)
            guard var keyed = BLAKE3.Hasher(key: key.span) else {
                Issue.record("a key of 32 bytes was refused")
                return
            }
            keyed.update(input.span)
            var derived = BLAKE3.Hasher(derivingFrom: vectors.context_string)
            derived.update(input.span)
            #expect(hexadecimal(plain.output(byteCount: 131)) == vector.hash)
            #expect(hexadecimal(keyed.output(byteCount: 131)) == vector.keyed_hash)
            #expect(hexadecimal(derived.output(byteCount: 131)) == vector.derive_key)
        }
    }

    @Test func shortFunctionsGiveTheFirst32Bytes() throws {
        let vectors = try BLAKE3Vectors.load()
        let key = Array(vectors.key.utf8)
        for vector in vectors.cases where vector.input_len <= 4096 {
            let input = BLAKE3Vectors.input(vector.input_len)
            #expect(hexadecimal(BLAKE3.hash(input)) == vector.hash.prefix(64))
            let mac = try #require(BLAKE3.keyedHash(input, key: key))
            #expect(hexadecimal(mac) == vector.keyed_hash.prefix(64))
            let derived = BLAKE3.deriveKey(
                context: vectors.context_string,
                material: input,
                byteCount: 48
            )
            #expect(hexadecimal(derived) == vector.derive_key.prefix(96))
        }
    }

    @Test(arguments: [1, 7, 63, 64, 65, 333, 1023, 1024, 1025, 4099])
    func inputInPiecesGivesTheSameOutput(piece: Int) throws {
        let vectors = try BLAKE3Vectors.load()
        for vector in vectors.cases where vector.input_len <= 9000 {
            let input = BLAKE3Vectors.input(vector.input_len)
            var hasher = BLAKE3.Hasher()
            var offset = 0
            while offset < input.count {
                let end = min(offset + piece, input.count)
                hasher.update(input.span.extracting(offset..<end))
                hasher.update(Span())
                offset = end
            }
            #expect(hexadecimal(hasher.output(byteCount: 131)) == vector.hash)
        }
    }

    @Test func outputDoesNotEndTheInput() {
        let input = BLAKE3Vectors.input(5000)
        var hasher = BLAKE3.Hasher()
        hasher.update(input.span.extracting(0..<2048))
        #expect(hasher.output(byteCount: 32) == BLAKE3.hash(Array(input[..<2048])))
        hasher.update(input.span.extracting(2048..<5000))
        #expect(hasher.output(byteCount: 32) == BLAKE3.hash(input))
    }

    @Test func outputCanBeginAnywhere() {
        var hasher = BLAKE3.Hasher()
        hasher.update([1, 2, 3].span)
        let all = hasher.output(byteCount: 1000)
        for (offset, count) in [(0, 1), (1, 63), (63, 2), (64, 64), (65, 200), (700, 300), (9, 0)] {
            let part = hasher.output(byteCount: count, offset: UInt64(offset))
            #expect(part == Array(all[offset..<offset + count]))
        }
    }

    @Test(arguments: [0, 31, 33]) func keysOfAnotherSizeAreRefused(byteCount: Int) {
        let key = [UInt8](repeating: 1, count: byteCount)
        #expect(BLAKE3.keyedHash([], key: key) == nil)
        let hasher = BLAKE3.Hasher(key: key.span)
        #expect(hasher == nil)
    }
}
