// SPDX-License-Identifier: Apache-2.0
import HyphaSession

/// Changes every byte of the text and adds up all it is given in the tag, so that each shows where it
/// went and a changed one is noticed; no security at all.
struct FakeAEAD: PacketAEAD {
    var additionalByteCount = 0
    var lastNonce: Nonce?

    private func tag(
        _ nonce: Nonce,
        _ data: Span<UInt8>,
        _ text: borrowing MutableSpan<UInt8>,
        _ count: Int
    ) -> UInt8 {
        var sum: UInt8 = 0
        for shift: UInt64 in stride(from: 0, to: 64, by: 8) {
            sum = sum &* 31 &+ UInt8(truncatingIfNeeded: nonce.high >> shift)
            sum = sum &* 31 &+ UInt8(truncatingIfNeeded: UInt64(nonce.low) >> shift)
        }
        for i in data.indices { sum = sum &* 31 &+ data[i] }
        for i in 0..<count { sum = sum &* 31 &+ text[i] }
        return sum
    }

    mutating func seal(
        _ plaintext: Span<UInt8>,
        nonce: Nonce,
        additionalData: Span<UInt8>,
        into output: inout MutableSpan<UInt8>
    ) -> Bool {
        guard output.count == plaintext.count + 16 else { return false }
        for i in plaintext.indices { output[i] = plaintext[i] }
        return seal(inPlace: &output, nonce: nonce, additionalData: additionalData)
    }

    mutating func seal(
        inPlace text: inout MutableSpan<UInt8>,
        nonce: Nonce,
        additionalData: Span<UInt8>
    ) -> Bool {
        additionalByteCount += additionalData.count
        lastNonce = nonce
        let count = text.count - 16
        for i in 0..<count { text[i] ^= 0x55 }
        let sum = tag(nonce, additionalData, text, count)
        for i in count..<text.count { text[i] = sum }
        return true
    }

    mutating func open(
        _ text: Span<UInt8>,
        nonce: Nonce,
        additionalData: Span<UInt8>,
        into output: inout MutableSpan<UInt8>
    ) -> Bool {
        false
    }

    mutating func open(
        inPlace text: inout MutableSpan<UInt8>,
        nonce: Nonce,
        additionalData: Span<UInt8>
    ) -> Bool {
        additionalByteCount += additionalData.count
        let count = text.count - 16
        let sum = tag(nonce, additionalData, text, count)
        for i in count..<text.count where text[i] != sum { return false }
        for i in 0..<count { text[i] ^= 0x55 }
        return true
    }
}
