// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc

/// Network namespaces joined by links and LANs, with nodes in them; all of it goes with the lab.
///
/// Run it in `Tools/sandbox.sh`: then the kernel takes everything down even when this process is killed.
package final class Lab {
    /// A veth pair between two spaces.
    package struct Link: Hashable, Sendable {
        /// The two ends, by the names of their spaces.
        package let ends: [String]
        /// Number of the link, which its addresses carry: `fd90:N::1` and `fd90:N::2`.
        package let number: Int

        /// Address of the end in this space.
        package func address(in space: Space) -> String {
            "fd90:\(number)::\(ends[0] == space.name ? 1 : 2)"
        }
        /// Name of the interface in this space.
        package func interface(in space: Space) -> String {
            "to" + (ends[0] == space.name ? ends[1] : ends[0])
        }
    }

    /// The program `hypha`.
    package let program: String
    /// Holds the nodes' folders and logs.
    package let folder: TemporaryFolder
    private let tag: String
    /// The spaces by name.
    package private(set) var spaces: [String: Space] = [:]
    private var linkCount = 0
    private var nodes: [LabNode] = []

    /// An empty lab.
    ///
    /// - Parameter program: Path of `hypha`; the environment variable `HYPHA` unless given.
    /// - Throws: ``LabError/noProgram(variable:)``.
    package init(program: String? = nil) throws {
        guard let path = program ?? ProcessInfo.processInfo.environment["HYPHA"] else {
            throw LabError.noProgram(variable: "HYPHA")
        }
        self.program = path
        folder = try TemporaryFolder()
        tag = "hl\(getpid())x\(UInt16.random(in: 0...UInt16.max))"
    }

    deinit { remove() }

    /// Ends the nodes and removes the namespaces.
    package func remove() {
        for node in nodes { node.process?.send(SIGTERM) }
        for node in nodes { node.stop() }
        nodes.removeAll()
        for space in spaces.values { space.remove() }
        spaces.removeAll()
    }

    /// The space with this name, made when it is new.
    ///
    /// At most 12 letters: interfaces are named after it.
    package func space(_ name: String) throws -> Space {
        if let known = spaces[name] { return known }
        let space = try Space(name, tag: tag, folder: folder)
        spaces[name] = space
        return space
    }

    // MARK: - Links

    /// Joins two spaces by a veth pair with an address at each end.
    @discardableResult
    package func join(_ first: Space, _ second: Space) throws -> Link {
        linkCount += 1
        let link = Link(ends: [first.name, second.name], number: linkCount)
        try Shell.must(
            "ip",
            "link",
            "add",
            link.interface(in: first),
            "netns",
            first.systemName,
            "type",
            "veth",
            "peer",
            "name",
            link.interface(in: second),
            "netns",
            second.systemName
        )
        for space in [first, second] {
            let name = link.interface(in: space)
            try space.ip("addr", "add", link.address(in: space) + "/64", "dev", name, "nodad")
            try space.ip("link", "set", "dev", name, "up")
        }
        return link
    }

    /// A bridge with a port to each member; in each the interface is named `name`.
    ///
    /// Link-local addresses only.
    package func lan(_ name: String, _ members: [Space]) throws {
        let hub = try space("hub" + name)
        try hub.ip("link", "add", "br0", "type", "bridge", "mcast_snooping", "0")
        try hub.ip("link", "set", "dev", "br0", "up")
        for member in members {
            let port = "p" + member.name
            try Shell.must(
                "ip",
                "link",
                "add",
                name,
                "netns",
                member.systemName,
                "type",
                "veth",
                "peer",
                "name",
                port,
                "netns",
                hub.systemName
            )
            try hub.ip("link", "set", "dev", port, "master", "br0", "up")
            try member.ip("link", "set", "dev", name, "up")
        }
    }

    // MARK: - Nodes

    /// A node in a space; not started yet.
    package func node(_ space: Space, _ options: NodeOptions = NodeOptions()) throws -> LabNode {
        let node = try LabNode(
            space: space,
            program: program,
            folder: folder.path(space.name),
            options: options
        )
        nodes.append(node)
        return node
    }

    // MARK: - Faults

    /// Takes an end of a link down, or up again; both sides see it.
    package func set(_ link: Link, at space: Space, isUp: Bool) throws {
        try space.ip("link", "set", "dev", link.interface(in: space), isUp ? "up" : "down")
    }

    /// Loses every frame of a link in both directions, and tells nobody: the link layer address that
    /// each end sends to belongs to no one.
    package func silence(_ link: Link) throws {
        for (space, other) in try ends(link) {
            try space.ip(
                "neigh",
                "replace",
                link.address(in: other),
                "lladdr",
                "02:00:00:00:00:99",
                "dev",
                link.interface(in: space),
                "nud",
                "permanent"
            )
        }
    }

    /// Takes ``silence(_:)`` back.
    package func restore(_ link: Link) throws {
        for (space, other) in try ends(link) {
            try space.ip(
                "neigh",
                "del",
                link.address(in: other),
                "dev",
                link.interface(in: space)
            )
        }
    }

    private func ends(_ link: Link) throws -> [(Space, Space)] {
        let first = try space(link.ends[0])
        let second = try space(link.ends[1])
        return [(first, second), (second, first)]
    }
}
