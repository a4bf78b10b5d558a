// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import Testing

@Suite struct PrefixTests {
    @Test func hostBitsAreCleared() throws {
        let address = try #require(IPv6Address("520:c662:fd00:9e92:5d99:34ed:ab8:82ab"))
        #expect("\(Prefix(address, length: 64))" == "520:c662:fd00:9e92::/64")
        #expect("\(Prefix(address, length: 7))" == "400::/7")
        #expect("\(Prefix(address, length: 0))" == "::/0")
        #expect("\(Prefix(address, length: 128))" == "\(address)/128")
        #expect("\(Prefix(address, length: 65))" == "520:c662:fd00:9e92::/65")
        #expect("\(Prefix(address, length: 66))" == "520:c662:fd00:9e92:4000::/66")
        #expect(Prefix(address, length: 200) == Prefix(address, length: 128))
        #expect(Prefix(address, length: 64) == Prefix(subnetOf: address))
        #expect(Prefix(address, length: 7) == .overlay)
    }

    @Test(arguments: 0..<10 as Range<UInt64>) func membersShareTheLeadingBits(seed: UInt64) {
        var generator = SplitMix(seed: seed)
        for _ in 0..<300 {
            let address = IPv6Address(high: generator.next(), low: generator.next())
            let length = UInt8.random(in: 0...128, using: &generator)
            let prefix = Prefix(address, length: length)
            #expect(prefix.contains(address))
            #expect(prefix.contains(Prefix(address, length: 128)))
            guard length > 0 else { continue }
            // The last bit of the prefix turned over is outside.
            let bit = Int(length) - 1
            let other = IPv6Address(
                high: bit < 64 ? address.high ^ (1 << UInt64(63 - bit)) : address.high,
                low: bit < 64 ? address.low : address.low ^ (1 << UInt64(127 - bit))
            )
            #expect(!prefix.contains(other))
            #expect(!prefix.contains(Prefix(address, length: length - 1)))
        }
    }

    @Test func textIsAddressSlashLength() {
        #expect(Prefix("400::/7") == .overlay)
        #expect(Prefix("4ff:1::2/7") == .overlay)
        for text in [
            "400::", "400::/", "/7", "400::/129", "400::/+7", "400::/-0", "400::/7/7", "1.2.3.4/8",
        ] {
            #expect(Prefix(text) == nil)
        }
    }

    @Test func prefixesAreOrderedByAddressThenLength() {
        let sorted = ["::/0", "400::/7", "400::/64", "400:0:0:1::/64"].compactMap { Prefix($0) }
        #expect(sorted.count == 4)
        #expect(sorted.shuffled().sorted() == sorted)
    }
}
