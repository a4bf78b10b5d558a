// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// The answer to `routes.selected` and `routes.fallback`: one part of a table, by subnet.
package struct RoutesAnswer: Codable, Hashable, Sendable {
    package let routes: [RouteAnswer]
    /// Size of the whole table.
    package let total: Int
    /// Pass it as `after` to get what follows; `nil` at the end.
    package let next: String?

    /// - Parameters:
    ///   - routes: One part of the table.
    ///   - total: Size of the whole table.
    ///   - next: The subnet to go on after.
    package init(routes: [RouteAnswer], total: Int, next: Prefix?) {
        self.routes = routes
        self.total = total
        self.next = next?.description
    }
}

/// One route.
package struct RouteAnswer: Codable, Hashable, Sendable {
    package var subnet: String
    /// Underlay address of the neighbour that announced it.
    package var nextHop: String
    /// That neighbour's link.
    package var link: UInt32
    /// `nil` for a retracted route that is kept until its neighbours know.
    package var metric: UInt16?
    package var seqno: UInt16
    /// Key of the node that the subnet belongs to.
    package var publicKey: String
    /// The whole router id, in hexadecimal.
    package var routerID: String
    /// Time until it is forgotten unless announced again.
    package var expiresSeconds: Double
    /// Whether the neighbour is the subnet's own node.
    package var isDirect: Bool
    /// Whether packets take it.
    package var isSelected: Bool

    /// - Parameters:
    ///   - subnet: Where it leads.
    ///   - nextHop: Underlay address of the neighbour that announced it.
    ///   - link: That neighbour's link.
    ///   - metric: Cost of the whole way.
    ///   - seqno: Of the announcement.
    ///   - routerID: The subnet's own node.
    ///   - expiresSeconds: Time until it is forgotten unless announced again.
    ///   - isDirect: Whether the neighbour is the subnet's own node.
    ///   - isSelected: Whether packets take it.
    package init(
        subnet: Prefix,
        nextHop: SocketAddress,
        link: LinkID,
        metric: Metric,
        seqno: Seqno,
        routerID: RouterID,
        expiresSeconds: Double,
        isDirect: Bool,
        isSelected: Bool
    ) {
        self.subnet = subnet.description
        self.nextHop = nextHop.description
        self.link = link.value
        self.metric = metric.isInfinite ? nil : metric.value
        self.seqno = seqno.value
        publicKey = routerID.publicKey.description
        self.routerID = routerID.description
        self.expiresSeconds = expiresSeconds
        self.isDirect = isDirect
        self.isSelected = isSelected
    }
}

/// The answer to `routes.queried`: subnets asked for and not found so far, by subnet.
package struct QueriedAnswer: Codable, Hashable, Sendable {
    package let queried: [QueriedSubnet]

    /// - Parameter queried: By subnet.
    package init(_ queried: [QueriedSubnet]) { self.queried = queried }
}

/// A subnet asked for and not found so far.
package struct QueriedSubnet: Codable, Hashable, Sendable {
    package let subnet: String
    /// Time until the question is given up.
    package let remainingSeconds: Double

    /// - Parameters:
    ///   - subnet: What is asked for.
    ///   - remainingSeconds: Time until the question is given up.
    package init(subnet: Prefix, remainingSeconds: Double) {
        self.subnet = subnet.description
        self.remainingSeconds = remainingSeconds
    }
}

/// The answer to `config.show`, in the order of ``ConfigurationSchema``.
package struct ConfigurationAnswer: Codable, Hashable, Sendable {
    package let settings: [EffectiveSetting]

    /// - Parameter settings: In the order of ``ConfigurationSchema``.
    package init(_ settings: [EffectiveSetting]) { self.settings = settings }
}
