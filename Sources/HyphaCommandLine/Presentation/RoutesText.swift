// SPDX-License-Identifier: Apache-2.0
package import HyphaControl

/// What `hypha routes` prints.
package enum RoutesText {
    /// - Parameters:
    ///   - title: Which table.
    ///   - routes: The whole table.
    ///   - style: Marks for the terminal.
    /// - Returns: Lines ending in a line feed.
    package static func render(
        title: String,
        routes: [RouteAnswer],
        style: TextStyle
    ) -> String {
        let head = style.bold("\(title): \(routes.count)") + "\n"
        guard !routes.isEmpty else { return head }
        var table = TextTable([
            ("SUBNET", .left), ("VIA", .left), ("LINK", .right), ("METRIC", .right),
            ("SEQNO", .right), ("EXPIRES", .right), ("KEY", .left),
        ])
        for route in routes {
            table.add([
                route.subnet,
                route.nextHop + (route.isDirect ? " (itself)" : ""),
                String(route.link),
                route.metric.map(String.init) ?? "retracted",
                String(route.seqno),
                Quantity.seconds(route.expiresSeconds),
                route.publicKey,
            ])
        }
        return head + table.lines(style: style).joined(separator: "\n") + "\n"
    }

    /// - Parameters:
    ///   - answer: The daemon's answer.
    ///   - style: Marks for the terminal.
    /// - Returns: Lines ending in a line feed.
    package static func render(_ answer: QueriedAnswer, style: TextStyle) -> String {
        let head = style.bold("queried: \(answer.queried.count)") + "\n"
        guard !answer.queried.isEmpty else { return head }
        var table = TextTable([("SUBNET", .left), ("GIVEN UP IN", .right)])
        for entry in answer.queried {
            table.add([entry.subnet, Quantity.seconds(entry.remainingSeconds)])
        }
        return head + table.lines(style: style).joined(separator: "\n") + "\n"
    }
}
