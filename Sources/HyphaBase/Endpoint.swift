// SPDX-License-Identifier: Apache-2.0

/// A peer or listen URL: `tcp://HOST:PORT` (base protocol section 2.1; host names are ours).
package struct Endpoint: Hashable, Sendable {
    package let scheme: Scheme
    package let host: Host
    /// 1...65535, or 0 in a listen URL for a port chosen by the kernel.
    package let port: UInt16

    /// Carriers that can be named in a URL.
    package enum Scheme: String, Hashable, Sendable, CaseIterable {
        case tcp
    }

    /// Where to connect or bind.
    package enum Host: Hashable, Sendable {
        case v4(IPv4Address)
        /// `zone` is an interface name or index, without `%`.
        case v6(IPv6Address, zone: String?)
        /// Resolved anew at each attempt.
        case name(String)
    }

    package init(scheme: Scheme, host: Host, port: UInt16) {
        self.scheme = scheme
        self.host = host
        self.port = port
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
        return "\(scheme.rawValue)://\(host):\(port)"
    }

    /// - Parameter text: `scheme://host:port`; the scheme's case does not matter, an IPv6 address
    ///   stands in brackets and may carry `%zone`.
    /// - Throws: ``EndpointError`` with the part that is wrong.
    package init(parsing text: String) throws(EndpointError) {
        guard let mark = text.firstRange(of: "://") else { throw .missingScheme }
        let schemeText = text[..<mark.lowerBound].lowercased()
        guard let scheme = Scheme(rawValue: schemeText) else { throw .unknownScheme(schemeText) }
        let rest = text[mark.upperBound...]
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
        self.init(scheme: scheme, host: host, port: port)
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
