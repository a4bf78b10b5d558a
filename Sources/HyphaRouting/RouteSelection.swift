// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// The rules that choose among routes and decide what is worth announcing (base sections 5.9, 5.10).
package enum RouteSelection {
    /// Whether to leave a selected route for a better one: better by more than the margin, or
    /// straight to the originator.
    ///
    /// - Parameters:
    ///   - current: Total metric of the selected route; infinite gives way to anything finite.
    ///   - candidate: Total metric of the best other route.
    ///   - advertised: The metric its neighbour advertised; 0 = the neighbour is the originator.
    /// - Returns: Whether to switch.
    package static func switches(
        from current: Metric,
        to candidate: Metric,
        advertised: Metric
    ) -> Bool {
        candidate < current - RoutingConstants.switchMargin || advertised == .zero
    }

    /// Whether the metric differs so much that everybody is told at once.
    ///
    /// - Parameters:
    ///   - announced: The total metric sent to all last.
    ///   - current: The total metric now.
    /// - Returns: Whether the difference is more than 10.
    package static func isLargeChange(from announced: Metric, to current: Metric) -> Bool {
        distance(announced, current) > Int(RoutingConstants.largeMetricChange)
    }

    /// Whether a change that only comes from a link's cost is told at once.
    ///
    /// The base never announces it. Cost is a measured time, so it changes a little all the while,
    /// and every announcement travels the whole mesh: a quarter of the metric is worth that.
    package static func isLargeCostChange(from announced: Metric, to current: Metric) -> Bool {
        isLargeChange(from: announced, to: current)
            && exceeds(RoutingConstants.largeCostChangePercent, from: announced, to: current)
    }

    /// Whether an infeasible route is so much better that a newer seqno is worth asking for.
    ///
    /// The bump that follows is announced to all neighbours of the originator, so a jitter of the
    /// links' costs is not worth it.
    package static func isWorthRequesting(_ candidate: Metric, insteadOf current: Metric) -> Bool {
        !candidate.isInfinite && candidate < current
            && isLargeChange(from: candidate, to: current)
            && exceeds(RoutingConstants.worthRequestingPercent, from: candidate, to: current)
    }

    private static func exceeds(_ percent: Int, from first: Metric, to second: Metric) -> Bool {
        distance(first, second) * 100 > Int(first.value) * percent
    }

    private static func distance(_ first: Metric, _ second: Metric) -> Int {
        abs(Int(first.value) - Int(second.value))
    }
}
