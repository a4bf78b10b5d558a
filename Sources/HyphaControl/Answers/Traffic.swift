// SPDX-License-Identifier: Apache-2.0

/// Packets and bytes since the start of what they belong to.
package struct Traffic: Codable, Hashable, Sendable {
    package var packets: UInt64
    package var bytes: UInt64

    /// - Parameters:
    ///   - packets: How many.
    ///   - bytes: Their size.
    package init(packets: UInt64 = 0, bytes: UInt64 = 0) {
        self.packets = packets
        self.bytes = bytes
    }
}

/// One named count since the start of the process.
package struct Counter: Codable, Hashable, Sendable {
    /// Lower case words joined by `-`; what it counts.
    package let name: String
    package let value: UInt64

    /// - Parameters:
    ///   - name: What it counts.
    ///   - value: How many.
    package init(_ name: String, _ value: UInt64) {
        self.name = name
        self.value = value
    }
}
