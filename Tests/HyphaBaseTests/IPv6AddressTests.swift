// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import Testing

@Suite struct IPv6AddressTests {
    /// Text as of RFC 4291 section 2.2 and its canonical form, RFC 5952 section 4.
    @Test(arguments: [
        ("::", "::"), ("::1", "::1"), ("1::", "1::"),
        ("2001:0DB8::0001", "2001:db8::1"),
        ("2001:db8:0:0:0:0:2:1", "2001:db8::2:1"),
        ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
        ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
        ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
        ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
        ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
        ("::ffff:192.0.2.1", "::ffff:c000:201"),
        ("64:ff9b::255.255.255.255", "64:ff9b::ffff:ffff"),
        ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"),
        ("400::", "400::"), ("0:0:1::", "0:0:1::"), ("1:0:0:2:0:0:0:0", "1:0:0:2::"),
    ])
    func textBecomesCanonical(text: String, canonical: String) throws {
        let address = try #require(IPv6Address(text))
        #expect("\(address)" == canonical)
        #expect(IPv6Address(canonical) == address)
    }

    @Test(arguments: [
        "", ":", ":::", "1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", ":1::", "1::2:",
        "1:2:3:4:5:6:7:", ":1:2:3:4:5:6:7", "12345::", "g::", "::1%eth0", "::+1", "::-0", "::-1",
        "1:2:3:4::5:6:7:8", "1.2.3.4", "1.2.3.4::", "::1.2.3", "::1.2.3.256", "::01.2.3.4",
        "1:2:3:4:5:6:7:1.2.3.4", "::１", " ::", ":: ", "::1/64", "[::1]",
    ])
    func badTextIsRefused(text: String) { #expect(IPv6Address(text) == nil) }

    @Test(arguments: 0..<20 as Range<UInt64>) func textSurvivesARoundTrip(seed: UInt64) {
        var generator = SplitMix(seed: seed)
        for _ in 0..<500 {
            // Zero groups are likely, so that :: appears everywhere.
            var words: [UInt64] = [0, 0]
            for i in 0..<8 where Bool.random(using: &generator) {
                words[i / 4] |=
                    UInt64(UInt16.random(in: 0...0xfff, using: &generator))
                    << UInt64(48 - 16 * (i % 4))
            }
            let address = IPv6Address(high: words[0], low: words[1])
            #expect(IPv6Address(address.description) == address)
            #expect(IPv6Address(address.description.uppercased()) == address)
            #expect(!address.description.contains(":::"))
        }
    }

    @Test func bytesAreInNetworkOrder() throws {
        let address = try #require(IPv6Address("102:304:506:708:90a:b0c:d0e:f10"))
        let bytes: [UInt8] = Array(1...16)
        #expect(address.bytes == bytes)
        let again = IPv6Address(bytes.span)
        #expect(again == address)
        let short = IPv6Address(bytes.span.extracting(0..<15))
        #expect(short == nil)
    }

    @Test func theOverlayIsFourHundredSlashSeven() {
        let inside = ["400::", "4ff::1", "5ff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"]
        let outside = ["3ff:ffff::", "600::", "::", "fe80::1", "ffff::"]
        for text in inside { #expect(IPv6Address(text)?.isOverlay == true) }
        for text in outside { #expect(IPv6Address(text)?.isOverlay == false) }
    }

    @Test func addressesAreOrderedAsNumbers() throws {
        let sorted = ["::", "::1", "0:0:0:1::", "400::", "400::1", "ffff::"]
        let addresses = try sorted.map { try #require(IPv6Address($0)) }
        #expect(addresses.shuffled().sorted() == addresses)
    }
}
