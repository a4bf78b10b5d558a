// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// What a node knows of the time of day when it starts; handshakes carry timestamps that never go
/// back.
package struct NodeClock: Hashable, Sendable {
    /// The wall clock, true or not.
    package var wallClock: TAI64N
    /// The last ``NodeOutput/timestamp(_:)`` of earlier lives of this node.
    package var persisted: TAI64N?

    package init(wallClock: TAI64N, persisted: TAI64N? = nil) {
        self.wallClock = wallClock
        self.persisted = persisted
    }
}
