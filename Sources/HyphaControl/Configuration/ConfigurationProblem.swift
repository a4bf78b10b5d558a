// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// Something wrong with the configuration: where, which key, what, and how to put it right.
package struct ConfigurationProblem: Error, Hashable, Sendable {
    /// Where it stands.
    package let source: SettingSource
    /// The dotted key, as written; empty when the file as a whole is meant.
    package let key: String
    package let kind: Kind

    /// What is wrong.
    package enum Kind: Hashable, Sendable {
        /// No setting has this key; the nearest one that exists.
        case unknownKey(nearest: String?)
        /// A value of another type.
        case wrongType(expected: String, found: String)
        /// No URL that the setting takes.
        case badURL(String, EndpointError)
        /// A listen URL with a host name.
        case listenNeedsAddress(String)
        /// A listen URL with a pinned key.
        case listenPinsKey(String)
        /// UDP or a pinned key where the base protocol alone is spoken.
        case notInBase(String)
        /// A setting that another one forbids.
        case contradicts(String)
        /// A setting that means nothing without another one.
        case needsAlso(String)
        /// A name of a private network beyond its ceiling.
        case networkNameTooLong(byteCount: Int)
        /// A peer URL with port 0.
        case peerNeedsPort(String)
        /// A peer URL with `::` or `0.0.0.0`.
        case peerNeedsAddress(String)
        /// The same value twice.
        case duplicate(String)
        /// None of the values that are allowed.
        case notAChoice(String, choices: [String])
        /// A text that is neither true nor false.
        case notABoolean(String)
        /// No whole number, or one beyond its limits.
        case notInRange(ClosedRange<Int>)
        /// A name that no network interface can have.
        case badInterfaceName(String)
        /// Nothing between the quotes.
        case empty
        /// A zero byte, which no path can hold.
        case badPath
        /// A socket path longer than the system takes.
        case socketPathTooLong(byteCount: Int)
        /// More elements than the ceiling.
        case tooMany(found: Int, ceiling: Int)
        /// Neither a state folder nor a home folder to find it from.
        case noHomeFolder
        /// Not TOML; the parser's reason.
        case syntax(String)
        /// The file could not be read; the system's error number.
        case unreadable(path: String, errno: Int32)
        /// The file asked for does not exist.
        case missing(path: String)
        /// The file is larger than the ceiling in bytes.
        case tooLarge(ceiling: Int)
        /// More keys than the ceiling.
        case tooManyKeys(ceiling: Int)
    }

    /// - Parameters:
    ///   - source: Where it stands.
    ///   - key: The dotted key, as written.
    ///   - kind: What is wrong.
    package init(source: SettingSource, key: String, kind: Kind) {
        self.source = source
        self.key = key
        self.kind = kind
    }
}

/// Everything wrong with one configuration, in the order it was found.
package struct ConfigurationProblems: Error, Hashable, Sendable {
    /// At least one.
    package let problems: [ConfigurationProblem]

    /// - Parameter problems: At least one; those past ``HyphaBase/Limits/configurationProblemsMax``
    ///   are left out.
    package init(_ problems: [ConfigurationProblem]) {
        self.problems = Array(problems.prefix(Limits.configurationProblemsMax))
    }

    /// - Parameters:
    ///   - source: Where the only problem stands.
    ///   - key: The dotted key, as written.
    ///   - kind: What is wrong.
    package init(source: SettingSource, key: String = "", kind: ConfigurationProblem.Kind) {
        self.init([ConfigurationProblem(source: source, key: key, kind: kind)])
    }
}
