// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// An error answer of the control socket (JSON-RPC 2.0 section 5.1).
package struct ControlError: Error, Codable, Hashable, Sendable {
    /// A ``Code`` as a number; a newer daemon may have more of them.
    package let code: Int
    /// One sentence.
    package let message: String
    /// What to do about it.
    package let data: Advice?

    /// What to do about an error.
    package struct Advice: Codable, Hashable, Sendable {
        package let remedy: String

        /// - Parameter remedy: One sentence in the imperative.
        package init(remedy: String) { self.remedy = remedy }
    }

    /// The codes in use: the standard's below zero, ours above.
    package enum Code: Int, CaseIterable, Sendable {
        /// The line is no JSON.
        case parseError = -32700
        /// JSON, but no request object.
        case invalidRequest = -32600
        case methodNotFound = -32601
        case invalidParams = -32602
        /// The daemon's own fault.
        case internalError = -32603
        /// `peers.add` of a peer that is there.
        case peerExists = 1
        /// `peers.remove` of a peer that is not there.
        case peerUnknown = 2
        /// A ceiling is reached.
        case tooMany = 3
        /// The daemon is on its way out.
        case stopping = 4
        /// `peers.forget` of an address that is not remembered.
        case addressUnknown = 5
    }

    /// - Parameters:
    ///   - code: Which kind.
    ///   - message: One sentence.
    ///   - remedy: What to do about it.
    package init(_ code: Code, _ message: String, remedy: String) {
        self.code = code.rawValue
        self.message = message
        data = Advice(remedy: remedy)
    }

    /// The line is no JSON.
    package static let parseError = ControlError(
        .parseError,
        "the request is no JSON",
        remedy: "send one JSON object a line, in UTF-8"
    )
    /// JSON, but no request.
    package static let invalidRequest = ControlError(
        .invalidRequest,
        "the request is no JSON-RPC 2.0 request object",
        remedy: #"send {"jsonrpc":"2.0","id":1,"method":"status"}"#
    )
    /// A line past ``HyphaBase/Limits/controlRequestBytesMax``.
    package static let lineTooLong = ControlError(
        .invalidRequest,
        "the request is longer than \(Limits.controlRequestBytesMax) bytes",
        remedy: "send one JSON object a line"
    )
    /// The daemon is on its way out.
    package static let stopping = ControlError(
        .stopping,
        "the node is stopping",
        remedy: "ask again when it has started anew"
    )
    /// An answer that could not be made.
    package static let internalError = ControlError(
        .internalError,
        "the node could not make an answer",
        remedy: "report this with the node's log"
    )

    /// A method that does not exist; a long name is cut.
    package static func methodNotFound(_ name: String) -> ControlError {
        let known = ControlMethod.allCases.map(\.rawValue)
        let nearest = Spelling.nearest(to: name, among: known)
        return ControlError(
            .methodNotFound,
            "there is no method `\(name.prefix(64))`",
            remedy: nearest.map { "did you mean `\($0)`?" }
                ?? "call one of " + known.joined(separator: ", ")
        )
    }

    /// Parameters that a method does not take.
    package static func invalidParams(of method: ControlMethod) -> ControlError {
        ControlError(
            .invalidParams,
            "\(method.rawValue) was given parameters it does not take",
            remedy: method.parametersText
        )
    }

    /// A URL that cannot be a peer's.
    package static func badPeer(_ problem: ConfigurationProblem) -> ControlError {
        ControlError(.invalidParams, problem.message, remedy: problem.remedy)
    }

    /// A peer that is there.
    package static func peerExists(_ endpoint: Endpoint) -> ControlError {
        ControlError(
            .peerExists,
            "\(endpoint) is a peer already",
            remedy: "see it with `hypha peers list`"
        )
    }

    /// A peer that is not there.
    package static func peerUnknown(_ endpoint: Endpoint) -> ControlError {
        ControlError(
            .peerUnknown,
            "\(endpoint) is no static peer",
            remedy: "take the URL from `hypha peers list`; only static peers can be removed"
        )
    }

    /// An address that no session is remembered of.
    package static func addressUnknown(_ address: IPv6Address) -> ControlError {
        ControlError(
            .addressUnknown,
            "nothing is remembered of \(address)",
            remedy: "take the address from `hypha sessions`"
        )
    }

    /// No room for one more.
    package static func tooManyPeers(ceiling: Int) -> ControlError {
        ControlError(
            .tooMany,
            "there are \(ceiling) static peers, the most a node keeps",
            remedy: "remove one with `hypha peers remove` first"
        )
    }
}
