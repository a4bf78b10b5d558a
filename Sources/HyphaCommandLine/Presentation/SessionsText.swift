// SPDX-License-Identifier: Apache-2.0
package import HyphaControl

/// What `hypha sessions` and `hypha whois` print.
package enum SessionsText {
    /// - Parameters:
    ///   - sessions: The whole table.
    ///   - style: Marks for the terminal.
    /// - Returns: Lines ending in a line feed.
    package static func render(_ sessions: [SessionAnswer], style: TextStyle) -> String {
        guard !sessions.isEmpty else { return "No packets went to other nodes lately.\n" }
        var table = TextTable([
            ("ADDRESS", .left), ("STATE", .left), ("ROLE", .left), ("AGE", .right),
            ("REKEYED", .right), ("SENT", .right), ("RECEIVED", .right), ("REPLAYED", .right),
            ("FORGED", .right), ("MTU", .right), ("KEY", .left),
        ])
        for session in sessions { table.add(row(session)) }
        return table.lines(style: style).joined(separator: "\n") + "\n"
    }

    /// - Parameters:
    ///   - answer: The daemon's answer.
    ///   - style: Marks for the terminal.
    /// - Returns: Lines ending in a line feed.
    package static func render(_ answer: WhoisAnswer, style: TextStyle) -> String {
        let identity = answer.isIdentity ? "yes" : style.yellow("no")
        let proven = answer.isProven ? "yes" : style.yellow("no")
        let exact = answer.isExact ? "yes" : style.yellow("no")
        let carrier = answer.carrier ?? (answer.publicKey == nil ? "none" : "other nodes")
        let candidates = answer.candidates.isEmpty ? "-" : answer.candidates.joined(separator: " ")
        return """
            Address     \(answer.address)
            Public key  \(answer.publicKey ?? "unknown")
            Proven      \(proven)
            Exact       \(exact)
            Identity    \(identity)
            State       \(answer.state)
            Carrier     \(carrier)
            Endpoints   \(candidates)

            """
    }

    private static func row(_ session: SessionAnswer) -> [String] {
        [
            session.address,
            session.state.rawValue,
            session.role?.rawValue ?? "-",
            session.ageSeconds.map(Quantity.seconds) ?? "-",
            session.rekeyedSeconds.map(Quantity.seconds) ?? "-",
            String(session.sent.packets),
            String(session.received.packets),
            String(session.replayedDrops),
            String(session.forgedDrops),
            session.innerMTU.map(String.init) ?? "-",
            session.publicKey ?? "-",
        ]
    }
}
