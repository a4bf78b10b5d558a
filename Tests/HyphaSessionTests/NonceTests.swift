// SPDX-License-Identifier: Apache-2.0
import HyphaSession
import Testing

@Suite struct NonceTests {
    @Test func bytesSurviveARoundTrip() {
        let nonce = Nonce(high: 0x0102_0304_0506_0708, low: 0x090a_0b0c)
        var memory = [UInt8](repeating: 0, count: 14)
        var span = memory.mutableSpan
        nonce.write(to: &span, at: 1)
        let again = Nonce(readFrom: span, at: 1)
        #expect(again == nonce)
        #expect(memory == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0])
        let read = Nonce(readFrom: memory.span, at: 1)
        #expect(read == nonce)
    }
}
