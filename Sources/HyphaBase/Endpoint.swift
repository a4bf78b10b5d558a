// SPDX-License-Identifier: Apache-2.0

/// A peer or listen URL: `tcp://HOST:PORT` or `udp://HOST:PORT`, with `?key=HEX` where the peer's
/// key is known (base protocol section 2.1; host names, `udp` and keys are ours).
package struct Endpoint: Hashable, Sendable {
    package let scheme: Scheme
    package let host: Host
    /// 1...65535, or 0 in a listen URL for a port chosen by the kernel.
    package let port: UInt16
    /// The only key that may answer there (`Docs/protocol/hypha.md` section 3.1).
    package let pinnedKey: PublicKey?

    /// Carriers that can be named in a URL.
    package enum Scheme: String, Hashable, Sendable, CaseIterable {
        case tcp
        /// Between Hypha nodes only.
        case udp
    }

    /// Where to connect or bind.
    package enum Host: Hashable, Sendable {
        case v4(IPv4Address)
        /// `zone` is an interface name or index, without `%`.
        case v6(IPv6Address, zone: String?)
        /// Resolved anew at each attempt.
        case name(String)
    }

    package init(scheme: Scheme, host: Host, port: UInt16, pinnedKey: PublicKey? = nil) {
        self.scheme = scheme
        self.host = host
        self.port = port
        self.pinnedKey = pinnedKey
    }

    /// What moves the frames to this endpoint.
    package var carrier: CarrierKind {
        switch scheme {
        case .tcp: .stream
        case .udp: .datagram
        }
    }
}

/// Why a text is no endpoint; each case names what was found.
package enum EndpointError: Error, Hashable, Sendable {
    /// No `://`.
    case missingScheme
    /// A scheme that is not offered.
    case unknownScheme(String)
    /// No `:PORT` at the end.
    case missingPort
    /// Not a number from 0 to 65535.
    case badPort(String)
    /// Neither an address nor a host name (RFC 1123: letters, digits, `-`, dots, 253 at most, and `_`).
    case badHost(String)
    /// After `?` stands something else than `key=`.
    case badQuery(String)
    /// Not 64 hexadecimal digits.
    case badKey(String)
}

extension Endpoint: CustomStringConvertible {
    /// The URL; parses to an equal value.
    package var description: String {
        let host =
            switch host {
            case .v4(let address): "\(address)"
            case .v6(let address, nil): "[\(address)]"
            case .v6(let address, let zone?): "[\(address)%\(zone)]"
            case .name(let name): name
            }
        let query = pinnedKey.map { "?key=\($0)" } ?? ""
        return "\(scheme.rawValue)://\(host):\(port)\(query)"
    }

    /// - Parameter text: `scheme://host:port`, with `?key=HEX` if wanted; the case of the scheme and
    ///   of the digits does not matter, an IPv6 address stands in brackets and may carry `%zone`.
    /// - Throws: ``EndpointError`` with the part that is wrong.
    package init(parsing text: String) throws(EndpointError) {
        guard let mark = text.firstRange(of: "://") else { throw .missingScheme }
        let schemeText = text[..<mark.lowerBound].lowercased()
        guard let scheme = Scheme(rawValue: schemeText) else { throw .unknownScheme(schemeText) }
        let (rest, pinnedKey) = try Self.splitQuery(text[mark.upperBound...])
        guard let colon = rest.lastIndex(of: ":"),
            rest.last != "]"
        else { throw .missingPort }
        let portText = rest[rest.index(after: colon)...]
        // The conversion alone would take a sign: "+1", "-0".
        guard portText.utf8.allSatisfy({ (48...57).contains($0) }), let port = UInt16(portText)
        else {
            throw .badPort(String(portText))
        }
        let host = try Self.host(String(rest[..<colon]))
        self.init(scheme: scheme, host: host, port: port, pinnedKey: pinnedKey)
    }

    /// What stands before `?`, and the key after it.
    private static func splitQuery(
        _ text: Substring
    ) throws(EndpointError) -> (rest: Substring, pinnedKey: PublicKey?) {
        // A zone may hold a question mark, and stands in brackets.
        let start = text.lastIndex(of: "]") ?? text.startIndex
        guard let mark = text[start...].firstIndex(of: "?") else { return (text, nil) }
        let query = text[text.index(after: mark)...]
        let name = "key="
        guard query.hasPrefix(name) else { throw .badQuery(String(query)) }
        let digits = String(query.dropFirst(name.count))
        guard let key = PublicKey(hexadecimal: digits) else { throw .badKey(digits) }
        return (text[..<mark], key)
    }

    private static func host(_ text: String) throws(EndpointError) -> Host {
        if text.first == "[", text.last == "]" {
            let inner = text.dropFirst().dropLast()
            let parts = inner.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
            guard let first = parts.first, let address = IPv6Address(first) else {
                throw .badHost(text)
            }
            guard parts.count == 2 else { return .v6(address, zone: nil) }
            let zone = String(parts[1])
            guard isInterfaceName(zone) else { throw .badHost(text) }
            return .v6(address, zone: zone)
        }
        if let address = IPv4Address(text) { return .v4(address) }
        guard isHostName(text) else { throw .badHost(text) }
        return .name(text.lowercased())
    }

    /// What the kernel takes as a name (`dev_valid_name`): up to 15 bytes, no white space.
    private static func isInterfaceName(_ text: String) -> Bool {
        (1...15).contains(text.utf8.count) && text != "." && text != ".."
            && !text.contains { $0 == "/" || $0 == ":" || $0.isWhitespace }
    }

    private static func isHostName(_ text: String) -> Bool {
        guard (1...253).contains(text.utf8.count) else { return false }
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        let allDigits = text.utf8.allSatisfy { $0 == 46 || (48...57).contains($0) }
        return !allDigits
            && labels.allSatisfy { label in
                (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                    && label.utf8.allSatisfy { byte in
                        (48...57).contains(byte) || (97...122).contains(byte | 32) || byte == 45
                            || byte == 95
                    }
            }
    }
}
