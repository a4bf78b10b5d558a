// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// Names the entry of a prefix in the route table.
package typealias PrefixID = SlabIndex<PrefixEntry>
/// Names a route in the route table.
package typealias RouteID = SlabIndex<Route>
/// Names a source in the source table.
package typealias SourceID = SlabIndex<Source>
/// Names a neighbour while its link lives.
package typealias NeighbourID = SlabIndex<Neighbour>

/// Everything known about one prefix; exists while any of it does; 72 bytes.
package struct PrefixEntry {
    package let prefix: Prefix
    package var flags: Flags = [.isLive]
    /// Total metric of the last Update to all neighbours, infinite after a retraction or before any.
    package var announcedMetric = Metric.infinite
    /// Greatest path MTU that a neighbour may believe in since the last Update to all, bytes.
    package var announcedPathMTU: UInt16 = 0
    /// Routes of the prefix, linked through ``Route/next``.
    package var firstRoute = RouteID.absent
    /// Sources of the prefix, linked through ``Source/next``.
    package var firstSource = SourceID.absent
    package var selected = RouteID.absent
    /// Source of the last Update to all neighbours, absent after a retraction or before any.
    package var announcedSource = SourceID.absent
    package var routeCount: UInt32 = 0
    /// Paces Updates about this prefix.
    package var pacer = UpdatePacer()
    /// When all neighbours were last told of another source, or of none.
    package var supersededAt = Instant(nanoseconds: .min)
    /// When somebody last wanted the route.
    package var usedAt: Instant

    /// Yes-or-no facts.
    package struct Flags: OptionSet, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        /// The place in the slab is in use.
        package static let isLive = Flags(rawValue: 1)
        /// Somebody searched for the prefix, here or through us.
        package static let isSolicited = Flags(rawValue: 2)
        /// A neighbour was sent a finite metric since the last retraction to all.
        package static let wasTold = Flags(rawValue: 4)
        /// An Update to all neighbours waits for its turn.
        package static let isDeferred = Flags(rawValue: 8)
        /// Since the last Update to all, one neighbour was told of another source.
        package static let toldMixed = Flags(rawValue: 32)
        /// A search is under way, or was answered less than 15 s ago.
        package static let isQueried = Flags(rawValue: 16)
    }

    package init(prefix: Prefix, usedAt: Instant) {
        self.prefix = prefix
        self.usedAt = usedAt
    }

    /// Whether nothing about the prefix is worth keeping.
    package var isEmpty: Bool {
        !firstRoute.exists && !firstSource.exists
            && flags.isDisjoint(with: [.isDeferred, .isQueried])
    }
}
