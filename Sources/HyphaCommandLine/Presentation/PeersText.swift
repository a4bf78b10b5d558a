// SPDX-License-Identifier: Apache-2.0
package import HyphaControl

/// What `hypha peers` prints.
package enum PeersText {
    /// - Parameters:
    ///   - answer: The daemon's answer.
    ///   - style: Marks for the terminal.
    /// - Returns: Lines ending in a line feed.
    package static func render(_ answer: PeersAnswer, style: TextStyle) -> String {
        guard !answer.peers.isEmpty else {
            return "No peers. Add one with `hypha peers add tcp://HOST:PORT`.\n"
        }
        var table = TextTable([
            ("PEER", .left), ("ORIGIN", .left), ("STATE", .left), ("LINK", .right),
            ("CARRIER", .left), ("MTU", .right), ("UDP", .left), ("ADDRESS", .left),
            ("COST", .right), ("RTT", .right), ("RECEIVED", .right),
            ("SENT", .right), ("SINCE", .right),
        ])
        for peer in answer.peers { table.add(row(peer)) }
        return table.lines(style: style).joined(separator: "\n") + "\n" + troubles(answer, style)
    }

    /// The line after `peers add`.
    package static func added(_ answer: PeerChangeAnswer) -> String {
        "Added \(answer.endpoint). It is dialled until it is removed or the node stops.\n"
    }

    /// The line after `peers remove`.
    package static func removed(_ answer: PeerChangeAnswer) -> String {
        "Removed \(answer.endpoint).\n"
    }

    /// The line after `peers forget`.
    package static func forgotten(_ answer: ForgottenAnswer) -> String {
        "Forgot \(answer.address). Base encryption is used with it until a session is confirmed.\n"
    }

    private static func row(_ peer: PeerAnswer) -> [String] {
        let isUp = peer.state == .connected
        return [
            peer.endpoint ?? peer.remote ?? "-",
            peer.origin.rawValue,
            state(peer),
            peer.link.map(String.init) ?? "-",
            peer.carrier?.text ?? "-",
            peer.pathMTU.map(String.init) ?? "-",
            peer.datagramRemote ?? "-",
            peer.overlayAddress ?? "-",
            peer.cost.map(String.init) ?? "-",
            peer.roundTripMilliseconds.map { Quantity.fixed($0, digits: 2) + " ms" } ?? "-",
            isUp ? Quantity.bytes(peer.received.bytes) : "-",
            isUp ? Quantity.bytes(peer.sent.bytes) : "-",
            peer.connectedSeconds.map(Quantity.seconds) ?? "-",
        ]
    }

    private static func state(_ peer: PeerAnswer) -> String {
        guard peer.state == .waiting, let next = peer.nextAttemptSeconds else {
            return peer.state.rawValue
        }
        return "waiting \(Quantity.seconds(next))"
    }

    private static func troubles(_ answer: PeersAnswer, _ style: TextStyle) -> String {
        let lines = answer.peers.compactMap { peer -> String? in
            guard peer.state != .connected, let error = peer.lastError else { return nil }
            let name = peer.endpoint ?? peer.remote ?? "-"
            let attempts = peer.attempts == 1 ? "1 attempt" : "\(peer.attempts) attempts"
            return style.yellow("\(name): \(error), \(attempts)") + "\n"
        }
        return lines.isEmpty ? "" : "\n" + lines.joined()
    }
}
