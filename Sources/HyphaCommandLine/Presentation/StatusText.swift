// SPDX-License-Identifier: Apache-2.0
package import HyphaControl

/// What `hypha status` prints.
package enum StatusText {
    /// - Parameters:
    ///   - status: The daemon's answer.
    ///   - style: Marks for the terminal.
    /// - Returns: Lines ending in a line feed.
    package static func render(_ status: StatusAnswer, style: TextStyle) -> String {
        let uptime = Quantity.seconds(status.uptimeSeconds)
        var lines = [
            style.bold("hypha \(status.version)")
                + ", process \(status.processID), up for \(uptime)"
        ]
        lines += section("", facts(status), style)
        if !status.warnings.isEmpty {
            let texts = status.warnings.flatMap { warning in
                ["  " + style.yellow(text(warning))]
            }
            lines += ["", style.bold("Warnings")] + texts
        }
        lines += ["", style.bold("Traffic")] + traffic(status.traffic, style)
        lines += section("Dropped packets", drops(status.drops), style)
        lines += section("Control plane", counters(status.counters), style)
        return lines.joined(separator: "\n") + "\n"
    }

    private static func section(
        _ title: String,
        _ rows: [[String]],
        _ style: TextStyle
    ) -> [String] {
        var table = TextTable([("", .left), ("", .left), ("", .left)])
        for row in rows { table.add(row) }
        let body = rows.isEmpty ? ["  none"] : table.lines(style: style, indent: 2)
        return [""] + (title.isEmpty ? [] : [style.bold(title)]) + body
    }

    private static func facts(_ status: StatusAnswer) -> [[String]] {
        let counts = status.counts
        let routes = [
            "\(counts.routesSelected) selected", "\(counts.routesFallback) fallback",
            "\(counts.routesQueried) queried", "\(counts.searches) searched for",
        ]
        let tunnel = status.tunnel.map { tunnel in
            let offloads = tunnel.offloads.isEmpty ? ["none"] : tunnel.offloads
            return "\(tunnel.name), MTU \(tunnel.mtuBytes), offloads "
                + offloads.joined(separator: " ")
        }
        let listeners = status.listeners.map { $0.endpoint + ($0.error.map { " (\($0))" } ?? "") }
        let discovery = status.discovery
        let interfaces = discovery.interfaces.isEmpty ? ["no interface"] : discovery.interfaces
        let processor = Quantity.fixed(status.process.processorSeconds, digits: 2)
        return [
            ["Address", status.identity.address],
            ["Subnet", status.identity.subnet],
            ["Public key", status.identity.publicKey],
            ["TUN device", tunnel ?? "none"],
            ["Cipher", status.cryptoBackend],
            ["Workers", "\(status.workers)"],
            ["Listening", listeners.isEmpty ? "nowhere" : listeners.joined(separator: ", ")],
            ["Discovery", discovery.isEnabled ? interfaces.joined(separator: ", ") : "off"],
            ["Network", network(status.protection)],
            ["Protection", protection(status.protection)],
            ["Unprotected", unprotected(status.protection)],
            ["Links", "\(counts.links) of at most \(counts.linksMax)"],
            ["Routes", routes.joined(separator: ", ")],
            ["Memory", Quantity.bytes(status.process.memoryBytes)],
            ["Processor", processor + " s"],
            ["Config file", status.paths.configFile ?? "none"],
            ["State folder", status.paths.stateDirectory],
            ["Key file", status.paths.keyFile],
            ["Control", status.paths.controlSocket],
        ]
    }

    private static func network(_ protection: StatusAnswer.Protection) -> String {
        let name = protection.networkName.map { "private: \($0)" } ?? "public"
        return name + (protection.isBaseProtocolOnly ? ", base protocol only" : "")
    }

    private static func protection(_ protection: StatusAnswer.Protection) -> String {
        var parts = [
            "\(protection.sessions) sessions", "\(protection.sealedLinks) sealed links",
            "\(protection.met) nodes met",
        ]
        if protection.requiresSessions { parts.append("sessions required") }
        return parts.joined(separator: ", ")
    }

    private static func unprotected(_ protection: StatusAnswer.Protection) -> String {
        guard protection.unprotected > 0 else { return "none" }
        let named = protection.unprotectedAddresses
        let more = protection.unprotected - named.count
        let tail = more > 0 ? ["and \(more) more"] : []
        return "\(protection.unprotected): " + (named + tail).joined(separator: ", ")
    }

    private static func traffic(
        _ totals: StatusAnswer.TrafficTotals,
        _ style: TextStyle
    ) -> [String] {
        var table = TextTable([("", .left), ("packets", .right), ("bytes", .right)])
        for (name, traffic) in [
            ("From this host", totals.fromHost), ("To this host", totals.toHost),
            ("Passed on", totals.forwarded),
        ] {
            table.add([name, "\(traffic.packets)", Quantity.bytes(traffic.bytes)])
        }
        return table.lines(style: style, indent: 2)
    }

    private static func drops(_ drops: [Counter]) -> [[String]] {
        drops.filter { $0.value > 0 }
            .map { [$0.name, "\($0.value)", DropText.explanation(of: $0.name) ?? ""] }
    }

    private static func counters(_ counters: [Counter]) -> [[String]] {
        counters.filter { $0.value > 0 }.map { [$0.name, "\($0.value)"] }
    }

    private static func text(_ warning: StatusWarning) -> String {
        switch StatusWarning.Code(rawValue: warning.code) {
        case .keyFileExposed:
            "\(warning.subject) can be read by others: chmod 600 \(warning.subject)"
        case .slowCipher:
            "packets are encrypted by \(warning.subject); installing libipsec-mb makes it faster"
        case .listenerDown:
            "nothing listens on \(warning.subject); it is tried again"
        case .offloadMissing:
            "the kernel lacks \(warning.subject), which costs speed and nothing else"
        case .routeMissing:
            "the route \(warning.subject) is not set: programs on this host miss the mesh"
        case .identityConflict:
            "another node announces \(warning.subject): is the key in use twice?"
        case .peerKeyChanged:
            "\(warning.subject) answers with another key than before: is it still the same node?"
        case .peerKeyDiffers:
            "\(warning.subject) answers with another key than its URL pins, and is refused"
        case nil: "\(warning.code): \(warning.subject)"
        }
    }
}
