// SPDX-License-Identifier: Apache-2.0

/// Events since the start; every refusal is here.
package struct EndToEndCounters: Hashable, Sendable {
    // MARK: - Sessions

    /// Handshakes begun, and given up.
    package internal(set) var attempts: UInt64 = 0
    package internal(set) var attemptsFailed: UInt64 = 0
    /// Sessions confirmed for the first time with their node.
    package internal(set) var met: UInt64 = 0
    /// Times that base bodies were used towards a node that offers sessions.
    package internal(set) var unprotected: UInt64 = 0
    /// Handshakes because a node had restarted, was silent, or named an unknown index.
    package internal(set) var restarts: UInt64 = 0
    package internal(set) var silences: UInt64 = 0
    package internal(set) var unknownIndices: UInt64 = 0
    /// Keep-alives asked for.
    package internal(set) var keepAlives: UInt64 = 0

    /// Probes of the size of packets, answers to those of others, and ways that take less than
    /// routing says.
    package internal(set) var pathProbes: UInt64 = 0
    package internal(set) var pathReports: UInt64 = 0
    package internal(set) var pathsLimited: UInt64 = 0

    // MARK: - Refusals

    /// Endpoints of others that may not be used, or came too soon.
    package internal(set) var candidatesRefused: UInt64 = 0
    /// Session control that is none.
    package internal(set) var controlMalformed: UInt64 = 0

    /// Handshakes from an address that is not of their key's subnet, and packets for one.
    package internal(set) var foreignKeys: UInt64 = 0
    /// Updates, handshakes and packets with another key than the first of a subnet.
    package internal(set) var keysRefused: UInt64 = 0
    /// Unknown indices from nodes never met or not reachable, or above a rate.
    package internal(set) var unknownIndicesIgnored: UInt64 = 0
    /// At a ceiling: subnets of this host's packets, subnets of strangers, reachable subnets.
    package internal(set) var peersRefused: UInt64 = 0
    package internal(set) var strangersRefused: UInt64 = 0
    package internal(set) var reachableRefused: UInt64 = 0
    /// Remembered nodes that gave way to others.
    package internal(set) var metEvicted: UInt64 = 0

    package init() {}
}
