// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A neighbour, as `hypha peers list --json` tells it.
package struct PeerState: Sendable {
    /// What carries its traffic now: `udp` or `tcp`.
    package let carrier: String
    /// Whether frames are sealed by keys that both sides have proven.
    package let isSealed: Bool
    /// How the node came to know it, for example `static` or `direct`.
    package let origin: String
    /// URL under which it is known.
    package let endpoint: String
    /// Whether a link to it is up.
    package let isConnected: Bool
    /// How long it has been up, seconds.
    package let connectedSeconds: Double
    /// Public key, 64 hexadecimal digits; empty while it is unknown.
    package let publicKey: String
    /// Where its packets come from.
    package let remote: String
    /// Attempts since the peer was added or last connected.
    package let attempts: Int
    /// Why the last attempt or link ended; empty if it did not.
    package let lastError: String
}

/// A session with another node, as `hypha sessions --json` tells it.
package struct SessionState: Sendable {
    /// The other node's overlay address.
    package let address: String
    /// How packets to it are protected.
    package let state: String
    /// Whether they are sealed under keys of a session.
    package var isProtected: Bool { state == "session" }
}

/// What a node says of itself: the one place that knows how the answers' fields are called.
extension LabNode {
    /// The neighbours.
    package func peers() throws -> [PeerState] {
        let list = try answer("peers", "list")["peers"] as? [[String: Any]] ?? []
        return list.map { peer in
            let endpoint = peer["endpoint"] as? String ?? ""
            // An inbound link of a program that names no carrier has no URL either.
            let scheme = endpoint.isEmpty ? "tcp" : String(endpoint.prefix { $0 != ":" })
            return PeerState(
                // Sealed or not is told apart by `isSealed`.
                carrier: (peer["carrier"] as? String).map { $0 == "udp" ? $0 : "tcp" } ?? scheme,
                isSealed: peer["isSealed"] as? Bool ?? false,
                origin: peer["origin"] as? String ?? "",
                endpoint: endpoint,
                isConnected: peer["state"] as? String == "connected",
                connectedSeconds: peer["connectedSeconds"] as? Double ?? 0,
                publicKey: peer["publicKey"] as? String ?? "",
                remote: peer["remote"] as? String ?? "",
                attempts: peer["attempts"] as? Int ?? 0,
                lastError: peer["lastError"] as? String ?? ""
            )
        }
    }

    /// The sessions through other nodes.
    package func sessions() throws -> [SessionState] {
        let list = try answer("sessions")["list"] as? [[String: Any]] ?? []
        return list.map { session in
            SessionState(
                address: session["address"] as? String ?? "",
                state: session["state"] as? String ?? ""
            )
        }
    }

    /// Own public key, 64 hexadecimal digits.
    package func publicKey() throws -> String {
        let identity = try answer("status")["identity"] as? [String: Any]
        return identity?["publicKey"] as? String ?? ""
    }

    /// Subnets with a selected route.
    package func routedSubnets() throws -> Set<String> {
        let list = try answer("routes", "selected")["selected"] as? [[String: Any]] ?? []
        return Set(list.compactMap { $0["subnet"] as? String })
    }

    /// Everything that was counted as dropped, refused or malformed, by name.
    package func refusals() throws -> [String: Int] {
        let status = try answer("status")
        var found: [String: Int] = [:]
        for (group, words) in [("drops", [""]), ("counters", Self.refusalWords)] {
            for counter in status[group] as? [[String: Any]] ?? [] {
                guard let name = counter["name"] as? String, let value = counter["value"] as? Int,
                    value > 0, words.contains(where: { $0.isEmpty || name.contains($0) })
                else { continue }
                found[name] = value
            }
        }
        return found
    }

    private static let refusalWords = [
        "replay", "forged", "bad-", "malformed", "unknown", "dropped", "refused",
    ]

    /// Waits until the only neighbour, or one of several, is reached by a carrier.
    ///
    /// - Returns: How long it took, seconds.
    @discardableResult
    package func waitForCarrier(_ carrier: String, within seconds: Double) throws -> Double {
        let began = monotonicSeconds()
        _ = try wait(
            for: "\(space.name) has a link over \(carrier)",
            seconds: seconds,
            detail: { "\((try? self.peers()) ?? []) \(self.logTail)" }
        ) {
            try peers().contains { $0.isConnected && $0.carrier == carrier } ? true : nil
        }
        return monotonicSeconds() - began
    }

    private func answer(_ words: String...) throws -> [String: Any] {
        let result = try space.run(
            [program] + words + ["--json"],
            environment: ["HYPHA_CONTROL": controlPath]
        )
        guard result.isSuccess else {
            throw LabError.commandFailed(
                words: words,
                status: result.status,
                output: result.errors
            )
        }
        let object = try JSONSerialization.jsonObject(with: Data(result.output.utf8))
        // Some answers are a list and nothing around it.
        return object as? [String: Any] ?? ["list": object]
    }
}
