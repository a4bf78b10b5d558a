// SPDX-License-Identifier: Apache-2.0
import HyphaSession
import Testing

@Suite struct SessionBodyTests {
    private let addresses = [UInt8](1...32)
    private let plaintext: [UInt8] = [1, 0, 0, 0, 9, 8, 7]
    private let trailer = SessionBody.Trailer(
        receiverIndex: 0xa0b0_c0d0,
        counter: 0x0102_0304_0506_0708
    )

    private func sealed() -> [UInt8] {
        var cipher = FakeAEAD()
        var body = [UInt8](repeating: 0, count: plaintext.count + SessionBody.sealByteCount)
        var span = body.mutableSpan
        let isSealed = SessionBody.seal(
            plaintext.span,
            with: &cipher,
            trailer: trailer,
            addresses: addresses.span,
            into: &span
        )
        #expect(isSealed)
        return body
    }

    private func opens(_ body: [UInt8], _ addresses: [UInt8]) -> Bool {
        guard let trailer = SessionBody.Trailer(of: body.span) else { return false }
        var cipher = FakeAEAD()
        var copy = body
        var span = copy.mutableSpan
        return SessionBody.open(
            inPlace: &span,
            with: &cipher,
            counter: trailer.counter,
            addresses: addresses.span
        )
    }

    @Test func aBodyHasTheShapeOfTheBase() {
        #expect(SessionBody.sealByteCount == BaseBody.sealByteCount)
        #expect(SessionBody.overheadByteCount == BaseBody.overheadByteCount)
        let body = sealed()
        #expect(body.count == plaintext.count + 28)
        #expect(body.suffix(12) == [0xa0, 0xb0, 0xc0, 0xd0, 1, 2, 3, 4, 5, 6, 7, 8])
        #expect(SessionBody.Trailer(of: body.span) == trailer)
        #expect(SessionBody.plaintextByteCount(bodyByteCount: body.count) == plaintext.count)
        #expect(SessionBody.plaintextByteCount(bodyByteCount: 31) == nil)
    }

    @Test func sealingInPlaceGivesTheSameBytes() {
        var body = plaintext + [UInt8](repeating: 0, count: SessionBody.sealByteCount)
        var cipher = FakeAEAD()
        var span = body.mutableSpan
        let isSealed = SessionBody.seal(
            inPlace: &span,
            with: &cipher,
            trailer: trailer,
            addresses: addresses.span
        )
        #expect(isSealed && body == sealed())
    }

    @Test func addressesAndCounterAreAuthenticated() {
        let body = sealed()
        #expect(opens(body, addresses))
        #expect(!opens(body, addresses.reversed()))
        for at in body.indices where !(body.count - 12..<body.count - 8).contains(at) {
            var other = body
            other[at] ^= 1
            #expect(!opens(other, addresses), "byte \(at)")
        }
    }

    @Test func whatIsTooShortIsRefused() {
        for count in 0..<SessionBody.overheadByteCount {
            let body = [UInt8](repeating: 0, count: count)
            #expect(SessionBody.Trailer(of: body.span) == nil)
            var copy = body
            var span = copy.mutableSpan
            var cipher = FakeAEAD()
            let isOpen = SessionBody.open(
                inPlace: &span,
                with: &cipher,
                counter: 0,
                addresses: addresses.span
            )
            #expect(!isOpen)
        }
    }

    @Test func theNonceIsFourZeroBytesAndTheCounter() {
        let nonce = Nonce(counter: 0x0102_0304_0506_0708)
        var bytes = [UInt8](repeating: 0xee, count: 12)
        var span = bytes.mutableSpan
        nonce.write(to: &span, at: 0)
        #expect(bytes == [0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8])
    }
}
