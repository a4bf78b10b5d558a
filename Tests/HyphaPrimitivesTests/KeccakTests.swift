// SPDX-License-Identifier: Apache-2.0
import HyphaPrimitives
import Testing

/// Known answers of FIPS 202 for short messages; ML-KEM's vectors reach the long ones.
@Suite struct KeccakTests {
    @Test(arguments: [
        ("", "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a"),
        ("abc", "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"),
    ])
    func sha3Of256BitsIsThatOfTheStandard(text: String, expected: String) {
        #expect(hexadecimal(Keccak.sha3Of256Bits(Array(text.utf8).span)) == expected)
    }

    @Test(arguments: [
        (
            "",
            "a69f73cca23a9ac5c8b567dc185a756e97c982164fe25859e0d1dcc1475c80a6"
                + "15b2123af1f5f94c11e3e9402c3ac558f500199d95b6d3e301758586281dcd26"
        ),
        (
            "abc",
            "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e"
                + "10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0"
        ),
    ])
    func sha3Of512BitsIsThatOfTheStandard(text: String, expected: String) {
        #expect(hexadecimal(Keccak.sha3Of512Bits(Array(text.utf8).span)) == expected)
    }

    @Test func extendableOutputsOfNothingAreThoseOfTheStandard() {
        var short = Keccak(.shake128)
        #expect(
            hexadecimal(short.squeeze(byteCount: 32))
                == "7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26"
        )
        var long = Keccak(.shake256)
        #expect(
            hexadecimal(long.squeeze(byteCount: 64))
                == "46b9dd2b0ba88d13233b3feb743eeb243fcd52ea62b81b82b50c27646ed5762f"
                + "d75dc4ddd8c0f200cb05019d67b592f6fc821c49479ab48640292eacb3b7c4be"
        )
    }

    @Test(arguments: [1, 3, 7, 8, 71, 72, 135, 136, 137, 168, 300])
    func inputAndOutputInPiecesAreTheSame(piece: Int) {
        let input = BLAKE3Vectors.input(1000)
        for function in [Keccak.Function.shake128, .shake256, .sha3Of256Bits, .sha3Of512Bits] {
            var whole = Keccak(function)
            whole.absorb(input.span)
            var pieces = Keccak(function)
            var offset = 0
            while offset < input.count {
                let end = min(offset + piece, input.count)
                pieces.absorb(input.span.extracting(offset..<end))
                pieces.absorb(Span())
                offset = end
            }
            var output: [UInt8] = []
            while output.count < 700 { output += pieces.squeeze(byteCount: piece) }
            #expect(whole.squeeze(byteCount: output.count) == output)
        }
    }
}
