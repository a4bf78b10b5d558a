// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaCrypto
import Testing

private struct File: Decodable {
    struct Vector: Decodable {
        let tcId: Int
        let key: String
        let iv: String
        let aad: String
        let msg: String
        let ct: String
        let tag: String
        let result: String
    }

    let tests: [Vector]
}

@Suite struct ChaCha20Poly1305Tests {
    @Test(arguments: [("chacha20poly1305.json", 12), ("xchacha20poly1305.json", 24)])
    func publishedAnswersAreReproduced(name: String, nonceByteCount: Int) throws {
        let tests = try Vectors.load("published/\(name)", as: File.self).tests
        #expect(tests.count == 143)
        for vector in tests {
            let key = try bytes(vector.key)
            let nonce = try bytes(vector.iv)
            let aad = try bytes(vector.aad)
            let plain = try bytes(vector.msg)
            let text = try bytes(vector.ct) + bytes(vector.tag)
            // The size chooses the cipher, so the other cipher's size is not refused as a size.
            let isOtherCipher = nonce.count != nonceByteCount && [12, 24].contains(nonce.count)
            let sealed = ChaCha20Poly1305.seal(
                plain.span,
                key: key.span,
                nonce: nonce.span,
                additionalData: aad.span
            )
            let opened = ChaCha20Poly1305.open(
                text.span,
                key: key.span,
                nonce: nonce.span,
                additionalData: aad.span
            )
            if vector.result == "valid" {
                #expect(nonce.count == nonceByteCount)
                #expect(sealed == text, "\(name) \(vector.tcId)")
                #expect(opened == plain, "\(name) \(vector.tcId)")
            } else {
                #expect(opened == nil, "\(name) \(vector.tcId)")
                #expect(isOtherCipher || sealed != text, "\(name) \(vector.tcId)")
            }
        }
    }

    @Test func wrongSizesAreRefused() {
        let key = [UInt8](repeating: 1, count: 32)
        let nonce = [UInt8](repeating: 2, count: 12)
        func seal(_ key: [UInt8], _ nonce: [UInt8]) -> [UInt8]? {
            ChaCha20Poly1305.seal(
                [1, 2, 3].span,
                key: key.span,
                nonce: nonce.span,
                additionalData: Span()
            )
        }
        #expect(seal(key, nonce)?.count == 19)
        #expect(seal(Array(key.dropLast()), nonce) == nil)
        #expect(seal(key + [0], nonce) == nil)
        #expect(seal(key, nonce + [0]) == nil)
        #expect(seal(key, []) == nil)
        for count in 0..<16 {
            let text = [UInt8](repeating: 0, count: count)
            let opened = ChaCha20Poly1305.open(
                text.span,
                key: key.span,
                nonce: nonce.span,
                additionalData: Span()
            )
            #expect(opened == nil)
        }
    }
}
