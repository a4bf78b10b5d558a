// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import Testing

@Suite struct EndpointTests {
    @Test(arguments: [
        "tcp://1.2.3.4:9651", "tcp://[2001:db8::1]:80", "tcp://[fe80::1%eth0]:1",
        "tcp://example.com:65535", "tcp://[::]:0", "tcp://a:1", "tcp://xn--bcher-kva.example:5",
        "tcp://_service.example:9", "tcp://1a:1", "udp://1.2.3.4:9652", "udp://[::]:0",
        "tcp://[fe80::1%a?b]:1",
    ])
    func canonicalTextSurvivesARoundTrip(text: String) throws {
        let endpoint = try Endpoint(parsing: text)
        #expect(endpoint.description == text)
        #expect(try Endpoint(parsing: endpoint.description) == endpoint)
    }

    @Test func partsAreRecognised() throws {
        #expect(try Endpoint(parsing: "TCP://Example.COM:07").description == "tcp://example.com:7")
        let zoned = try Endpoint(parsing: "tcp://[FE80:0::1%br-lan]:9651")
        let address = try #require(IPv6Address("fe80::1"))
        #expect(zoned.host == .v6(address, zone: "br-lan"))
        #expect(zoned.port == 9651)
        #expect(
            try Endpoint(parsing: "tcp://10.0.0.1:1").host == .v4(IPv4Address(bits: 0x0a00_0001))
        )
    }

    @Test(arguments: [
        ("", EndpointError.missingScheme),
        ("1.2.3.4:5", .missingScheme),
        ("quic://1.2.3.4:5", .unknownScheme("quic")),
        ("://1.2.3.4:5", .unknownScheme("")),
        ("tcp://1.2.3.4", .missingPort),
        ("tcp://[::1]", .missingPort),
        ("tcp://1.2.3.4:", .badPort("")),
        ("tcp://1.2.3.4:65536", .badPort("65536")),
        ("tcp://1.2.3.4:+1", .badPort("+1")),
        ("tcp://1.2.3.4:-0", .badPort("-0")),
        ("tcp://1.2.3.4:1/", .badPort("1/")),
        ("tcp://:1", .badHost("")),
        ("tcp://::1:80", .badHost("::1")),
        ("tcp://[1.2.3.4]:80", .badHost("[1.2.3.4]")),
        ("tcp://[::1%]:80", .badHost("[::1%]")),
        ("tcp://[::1%a/b]:80", .badHost("[::1%a/b]")),
        ("tcp://[::1%a b]:80", .badHost("[::1%a b]")),
        ("tcp://[::1%a:b]:80", .badHost("[::1%a:b]")),
        ("tcp://[::1%..]:80", .badHost("[::1%..]")),
        ("tcp://[::1%0123456789abcdef]:80", .badHost("[::1%0123456789abcdef]")),
        ("tcp://256.1.1.1:80", .badHost("256.1.1.1")),
        ("tcp://a..b:80", .badHost("a..b")),
        ("tcp://-a:80", .badHost("-a")),
        ("tcp://a-:80", .badHost("a-")),
        ("tcp://a b:80", .badHost("a b")),
        ("tcp://user@host:80", .badHost("user@host")),
        ("tcp://bücher:80", .badHost("bücher")),
    ])
    func badTextNamesThePartThatIsWrong(text: String, error: EndpointError) {
        #expect(throws: error) { try Endpoint(parsing: text) }
    }

    @Test func aKeyMayBePinned() throws {
        let digits = String(repeating: "0aF3", count: 16)
        let key = try #require(PublicKey(hexadecimal: digits))
        for start in ["tcp://h:1", "udp://[fe80::1%e?x]:9652", "udp://1.2.3.4:5"] {
            let endpoint = try Endpoint(parsing: "\(start)?key=\(digits)")
            #expect(endpoint.pinnedKey == key)
            #expect(endpoint.description == "\(start)?key=\(digits.lowercased())")
            #expect(try Endpoint(parsing: endpoint.description) == endpoint)
            #expect(try Endpoint(parsing: start).pinnedKey == nil)
            #expect(try Endpoint(parsing: start) != endpoint)
        }
        #expect(try Endpoint(parsing: "udp://h:1").carrier == .datagram)
        #expect(try Endpoint(parsing: "tcp://h:1").carrier == .stream)
    }

    @Test(arguments: [
        ("tcp://h:1?", EndpointError.badQuery("")),
        ("tcp://h:1?pin=00", .badQuery("pin=00")),
        ("tcp://h:1?KEY=00", .badQuery("KEY=00")),
        ("tcp://h:1?key=", .badKey("")),
        ("udp://h:1?key=00", .badKey("00")),
        ("udp://h?key=00", .badKey("00")),
        (
            "udp://h:1?key=" + String(repeating: "0", count: 63),
            .badKey(.init(repeating: "0", count: 63))
        ),
        (
            "udp://h:1?key=" + String(repeating: "0g", count: 32),
            .badKey(.init(repeating: "0g", count: 32))
        ),
        ("tcp://h:1/?key=" + String(repeating: "0", count: 64), .badPort("1/")),
    ])
    func aBadPinNamesThePartThatIsWrong(text: String, error: EndpointError) {
        #expect(throws: error) { try Endpoint(parsing: text) }
    }

    @Test func hostNamesHaveLimits() throws {
        let label = String(repeating: "a", count: 63)
        _ = try Endpoint(parsing: "tcp://\(label):1")
        #expect(throws: EndpointError.badHost(label + "a")) {
            try Endpoint(parsing: "tcp://\(label)a:1")
        }
        let name = String((0..<4).map { _ in label }.joined(separator: ".").prefix(253))
        _ = try Endpoint(parsing: "tcp://\(name):1")
        #expect(throws: EndpointError.badHost(name + "a")) {
            try Endpoint(parsing: "tcp://\(name)a:1")
        }
    }
}
