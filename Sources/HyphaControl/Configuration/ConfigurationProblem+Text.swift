// SPDX-License-Identifier: Apache-2.0
import HyphaBase

extension ConfigurationProblem {
    /// What is wrong, in one line without the place.
    package var message: String {
        switch kind {
        case .unknownKey: "there is no such key"
        case .wrongType(let expected, let found): "takes \(expected), not \(found)"
        case .badURL(let text, let error): "`\(text)` is no URL of a node: \(Self.text(error))"
        case .listenNeedsAddress(let text): "`\(text)` names a host, not an address to listen on"
        case .listenPinsKey(let text): "`\(text)` pins a key, which only peers have"
        case .notInBase(let text): "`\(text)` needs more than the base protocol"
        case .contradicts(let key): "cannot be had together with \(key)"
        case .needsAlso(let key): "means nothing without \(key)"
        case .networkNameTooLong(let count): "has \(count) bytes"
        case .peerNeedsPort(let text): "`\(text)` has port 0, which nobody listens on"
        case .peerNeedsAddress(let text): "`\(text)` is an address of no host"
        case .duplicate(let text): "`\(text)` stands there twice"
        case .notAChoice(let text, _): "`\(text)` is none of its values"
        case .notABoolean(let text): "`\(text)` is neither true nor false"
        case .notInRange(let range):
            "takes a number from \(range.lowerBound) to \(range.upperBound)"
        case .badInterfaceName(let text): "`\(text)` cannot be the name of a network interface"
        case .empty: "is empty"
        case .badPath: "holds a zero byte"
        case .socketPathTooLong(let count): "the socket's path has \(count) bytes"
        case .tooMany(let found, let ceiling): "has \(found) elements, \(ceiling) are allowed"
        case .noHomeFolder: "has no default for a user without a home folder"
        case .syntax(let reason): "is no TOML: \(reason)"
        case .unreadable(let path, let errno): "`\(path)` cannot be read: \(Self.text(errno))"
        case .missing(let path): "`\(path)` does not exist"
        case .tooLarge(let ceiling): "is larger than \(ceiling) bytes"
        case .tooManyKeys(let ceiling): "has more than \(ceiling) keys and list elements"
        }
    }

    /// How to put it right, in one line.
    package var remedy: String {
        switch kind {
        case .unknownKey(let nearest?): "did you mean `\(nearest)`?"
        case .unknownKey(nil): "remove it; `man hypha.toml` lists the keys"
        case .wrongType: example.map { "write it like this: \($0)" } ?? "`man hypha.toml` says how"
        case .badURL, .listenNeedsAddress: urlRemedy
        case .listenPinsKey: "leave ?key= out"
        case .notInBase: "take \(ConfigurationKey.baseProtocolOnly.rawValue) back, or this"
        case .contradicts(let key): "take one of the two back: this or \(key)"
        case .needsAlso(let key): "give \(key) as well, or neither"
        case .networkNameTooLong: "choose one of at most \(Limits.privateNetworkNameBytesMax) bytes"
        case .peerNeedsPort: "give the port the peer listens on, such as 9651"
        case .peerNeedsAddress: "give the peer's own address or host name"
        case .duplicate: "remove one of them"
        case .notAChoice(let text, let choices):
            Spelling.nearest(to: text, among: choices).map { "did you mean `\($0)`?" }
                ?? "choose one of " + choices.joined(separator: ", ")
        case .notABoolean: "write true or false"
        case .notInRange: "write one of these, or leave it out"
        case .badInterfaceName:
            "use 1 to \(Limits.interfaceNameBytesMax) bytes without blanks, `/`, `:` and `%`"
        case .empty: "give it a value or leave it out"
        case .badPath: "write the path without it"
        case .socketPathTooLong:
            "choose one of at most \(Limits.socketPathBytesMax) bytes with --control"
        case .tooMany: "remove some"
        case .noHomeFolder: "name the folder with --state-dir"
        case .syntax: "`man hypha.toml` shows how a file looks"
        case .unreadable: "check the path and its permissions"
        case .missing: "check the path, or leave the option out to use the defaults"
        case .tooLarge, .tooManyKeys: "check that this is the right file"
        }
    }

    private var declared: ConfigurationDeclaration? {
        ConfigurationKey(rawValue: key).flatMap(ConfigurationSchema.declaration)
    }

    private var example: String? { declared?.example }

    private var urlRemedy: String {
        key.hasPrefix(ConfigurationKey.listen.rawValue)
            ? "write it like tcp://[::]:9651 or udp://192.0.2.1:9652"
            : "write it like tcp://host.example:9651 or udp://[2001:db8::7]:9652"
    }

    /// The errors that opening a file meets in practice, by their numbers on Linux.
    private static func text(_ errno: Int32) -> String {
        switch errno {
        case 13: "permission denied"
        case 20: "a part of the path is no folder"
        case 21: "it is a folder"
        case 40: "its symbolic links lead in a circle"
        default: "system error \(errno)"
        }
    }

    private static func text(_ error: EndpointError) -> String {
        switch error {
        case .missingScheme: "it begins with neither tcp:// nor udp://"
        case .unknownScheme(let scheme): "`\(scheme)` is not offered, only tcp and udp"
        case .missingPort: "it has no port at its end"
        case .badPort(let port): "`\(port)` is no port"
        case .badHost(let host): "`\(host)` is neither an address nor a host name"
        case .badQuery(let query): "`\(query)` follows the question mark instead of key="
        case .badKey(let key): "`\(key)` is no key of 64 hexadecimal digits"
        }
    }
}
