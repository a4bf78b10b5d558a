// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A router between two spaces that can be told to be a bad path.
///
///     first - middle - second
///
/// It forwards IPv6 by the kernel. All four interfaces segment and sum in software, so that what
/// passes has the size that it has on a wire, and can be captured and replayed.
package final class Middle {
    /// What a path does to packets; nothing unless set.
    package struct Faults: Hashable, Sendable {
        /// IP packets over so many bytes vanish, and nobody is told.
        package var largest: Int?
        /// Whether all UDP vanishes.
        package var blocksUDP = false
        /// Percentage of UDP packets that vanish at random, 0 to 100.
        package var lostUDPPercent = 0
        /// Whether the second sees the first under the middle's own address.
        package var masquerades = false

        /// A path without faults.
        package init() {}

        fileprivate func rules(towardsSecond interface: String) -> String {
            var forward: [String] = []
            if let largest { forward.append("meta length > \(largest) drop") }
            if blocksUDP { forward.append("meta l4proto udp drop") }
            if lostUDPPercent > 0 {
                forward.append("meta l4proto udp numgen random mod 100 < \(lostUDPPercent) drop")
            }
            let after = masquerades ? "oifname \"\(interface)\" masquerade" : ""
            return """
                table ip6 faults {}
                delete table ip6 faults
                table ip6 faults {
                    chain forward {
                        type filter hook forward priority 0; policy accept;
                        \(forward.joined(separator: "\n"))
                    }
                \(masquerades ? "chain after { type nat hook postrouting priority 100; \(after); }" : "")
                }
                """
        }
    }

    /// The router itself.
    package let space: Space
    /// The spaces at its two sides.
    package let ends: [Space]
    /// The links to the two sides; the middle is the second end of each.
    package let links: [Lab.Link]
    /// What the path does now.
    package private(set) var faults = Faults()
    private let rulesPath: String
    private var moves = 0

    /// Joins two spaces by a router that forwards, so that each reaches the other's link.
    package init(_ lab: Lab, named name: String, between first: Space, and second: Space) throws {
        space = try lab.space(name)
        ends = [first, second]
        links = [try lab.join(first, space), try lab.join(second, space)]
        rulesPath = lab.folder.path(name + ".nft")
        try setting("net.ipv6.conf.all.forwarding", 1)
        for (end, link) in zip(ends, links) {
            try end.ip("route", "add", "fd90::/16", "via", link.address(in: space))
            for side in [end, space] {
                try side.useWireSizes(on: link.interface(in: side))
            }
        }
    }

    /// Address of an end, 0 or 1, as the other one reaches it.
    package func address(of end: Int) -> String { links[end].address(in: ends[end]) }

    /// Name of the middle's interface towards an end.
    package func interface(towards end: Int) -> String { links[end].interface(in: space) }

    /// Changes what the path does, at once for all packets that follow.
    package func change(_ change: (inout Faults) -> Void) throws {
        change(&faults)
        try faults.rules(towardsSecond: interface(towards: 1))
            .write(toFile: rulesPath, atomically: true, encoding: .utf8)
        let result = try space.run(["nft", "-f", rulesPath])
        guard result.isSuccess else {
            throw LabError.commandFailed(
                words: ["nft"],
                status: result.status,
                output: result.errors
            )
        }
    }

    /// Lets at most so many megabits a second pass in each direction.
    package func limit(megabitsPerSecond rate: Int) throws {
        for end in 0...1 {
            let words = "tc qdisc replace dev \(interface(towards: end)) root tbf rate \(rate)mbit "
            let result = try space.run(["sh", "-c", words + "burst 256k latency 100ms"])
            guard result.isSuccess else {
                throw LabError.commandFailed(
                    words: ["tc"],
                    status: result.status,
                    output: result.errors
                )
            }
        }
    }

    /// Gives an end another address in place of the one that it has, as a host does that roams.
    ///
    /// - Returns: The new address.
    @discardableResult
    package func move(_ end: Int) throws -> String {
        moves += 1
        let link = links[end]
        let old = moves == 1 ? link.address(in: ends[end]) : moved(link, moves - 1)
        let new = moved(link, moves)
        let name = link.interface(in: ends[end])
        try ends[end].ip("addr", "add", new + "/64", "dev", name, "nodad")
        try ends[end].ip("addr", "del", old + "/64", "dev", name)
        return new
    }

    private func moved(_ link: Lab.Link, _ count: Int) -> String {
        "fd90:\(link.number)::77:\(count)"
    }

    private func setting(_ name: String, _ value: Int) throws {
        try Shell.must("ip", "netns", "exec", space.systemName, "sysctl", "-qw", "\(name)=\(value)")
    }
}

extension Space {
    /// Makes an interface segment, merge and sum nothing on a device's account.
    package func useWireSizes(on interface: String) throws {
        let words = "tx off tso off gso off gro off tx-udp-segmentation off"
        try Shell.must(
            ["ip", "netns", "exec", systemName, "ethtool", "-K", interface]
                + words.split(separator: " ").map(String.init)
        )
    }

    /// Link layer address of an interface here.
    package func hardwareAddress(of interface: String) throws -> String {
        try run(["cat", "/sys/class/net/\(interface)/address"]).output
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Sum of a counter in `/proc/net/snmp6`, for example `Icmp6InEchos`.
    package func networkCounter(_ name: String) throws -> Int {
        let lines = try run(["cat", "/proc/net/snmp6"]).output.split(separator: "\n")
        let fields = lines.map { $0.split(whereSeparator: { $0 == " " || $0 == "\t" }) }
        return fields.first { $0.first.map(String.init) == name }?.last.flatMap { Int($0) } ?? 0
    }
}
