// SPDX-License-Identifier: Apache-2.0
import HyphaSession
import Testing

@Suite struct BaseBodyTests {
    private let nonce = Nonce(high: 0x0001_0203_0405_0607, low: 0x0809_0a0b)

    @Test func constantsAreThoseOfTheFormat() {
        #expect(BaseBody.userHeaderByteCount == 4)
        #expect(BaseBody.tagByteCount == 16)
        #expect(BaseBody.nonceByteCount == 12)
        #expect(BaseBody.sealByteCount == 28)
        #expect(BaseBody.overheadByteCount == 32)
        #expect(BaseBody.plaintextByteCount(bodyByteCount: 31) == nil)
        #expect(BaseBody.plaintextByteCount(bodyByteCount: 32) == 4)
        #expect(BaseBody.plaintextByteCount(bodyByteCount: 65_535) == 65_507)
    }

    @Test func theBodyIsCiphertextThenTagThenNonce() {
        var cipher = FakeAEAD()
        let plaintext: [UInt8] = [1, 0, 0, 0, 0x60, 7, 8]
        var body = [UInt8](repeating: 0xee, count: 35)
        var span = body.mutableSpan
        let isSealed = BaseBody.seal(plaintext.span, with: &cipher, nonce: nonce, into: &span)
        #expect(isSealed)
        #expect(Array(body[..<7]) == plaintext.map { $0 ^ 0x55 })
        #expect(Set(body[7..<23]).count == 1)
        #expect(Array(body[23...]) == Array(0...11))
        #expect(cipher.lastNonce == nonce)
        #expect(cipher.additionalByteCount == 0)

        var again = body.mutableSpan
        let isOpened = BaseBody.open(inPlace: &again, with: &cipher)
        #expect(isOpened)
        #expect(Array(body[..<7]) == plaintext)
    }

    @Test func sealingInPlaceGivesTheSameBody() {
        var cipher = FakeAEAD()
        let plaintext: [UInt8] = (0..<40).map { $0 }
        var apart = [UInt8](repeating: 0, count: 68)
        var apartSpan = apart.mutableSpan
        let isSealed = BaseBody.seal(plaintext.span, with: &cipher, nonce: nonce, into: &apartSpan)
        var inPlace = plaintext + [UInt8](repeating: 0xaa, count: 28)
        var inPlaceSpan = inPlace.mutableSpan
        let isSealedToo = BaseBody.seal(inPlace: &inPlaceSpan, with: &cipher, nonce: nonce)
        #expect(isSealed)
        #expect(isSealedToo)
        #expect(apart == inPlace)
    }

    @Test func buffersOfTheWrongSizeAreRefused() {
        var cipher = FakeAEAD()
        for (plain, body) in [(7, 34), (7, 36), (3, 31), (0, 28), (7, 0), (7, 12), (0, 0)] {
            let plaintext = [UInt8](repeating: 1, count: plain)
            var memory = [UInt8](repeating: 9, count: body)
            var span = memory.mutableSpan
            let isSealed = BaseBody.seal(plaintext.span, with: &cipher, nonce: nonce, into: &span)
            #expect(!isSealed)
            #expect(memory == [UInt8](repeating: 9, count: body))
        }
        #expect(cipher.lastNonce == nil)
    }

    @Test func bodiesBelowTheSmallestAreRefusedUnchanged() {
        var cipher = FakeAEAD()
        for count in 0..<32 {
            var body = [UInt8](repeating: 7, count: count)
            var span = body.mutableSpan
            let isOpened = BaseBody.open(inPlace: &span, with: &cipher)
            let isSealed = BaseBody.seal(inPlace: &span, with: &cipher, nonce: nonce)
            #expect(!isOpened)
            #expect(!isSealed)
            #expect(body == [UInt8](repeating: 7, count: count))
        }
    }

    @Test func theSmallestBodyHoldsOnlyTheUserHeader() {
        var cipher = FakeAEAD()
        var body: [UInt8] = [1, 2, 3, 4] + [UInt8](repeating: 0, count: 28)
        var span = body.mutableSpan
        let isSealed = BaseBody.seal(inPlace: &span, with: &cipher, nonce: nonce)
        let isOpened = BaseBody.open(inPlace: &span, with: &cipher)
        #expect(isSealed)
        #expect(isOpened)
        #expect(Array(body[..<4]) == [1, 2, 3, 4])
    }

    @Test func theNonceOfABodyIsTheOneUsed() {
        var cipher = FakeAEAD()
        var body = [UInt8](repeating: 0, count: 40)
        var span = body.mutableSpan
        _ = BaseBody.seal(inPlace: &span, with: &cipher, nonce: nonce)
        body[39] ^= 1
        var changed = body.mutableSpan
        let isOpened = BaseBody.open(inPlace: &changed, with: &cipher)
        #expect(!isOpened)
    }
}
