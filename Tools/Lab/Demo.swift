// SPDX-License-Identifier: Apache-2.0

import Foundation
import HyphaLab

/// Four nodes in a ring, one ping across it, one link that dies and comes back.
struct Demo {
    private let lab: Lab
    private let names = ["amber", "birch", "cedar", "dahlia"]

    init() throws { lab = try Lab() }

    func run() throws {
        say(
            """
            Four hosts, each a network namespace of its own, joined in a ring by four cables:

                amber ---- birch
                  |          |
                dahlia --- cedar

            Each runs one `hypha run`. A host knows the two next to it and nobody else.

            """
        )
        let spaces = try names.map(lab.space)
        let links = try spaces.indices.map { index in
            try lab.join(spaces[index], spaces[(index + 1) % spaces.count])
        }
        let nodes = try startNodes(spaces, links)
        let target = try nodes[2].address()
        let seconds = try spaces[0].waitToReach(target, seconds: 30)
        say(String(format: "amber reached cedar %.2f s after the last start:", seconds))
        show(try spaces[0].run(["ping", "-6", "-n", "-c3", "-i0.2", target]).output)
        show(try spaces[0].run(["traceroute", "-6", "-n", "-q1", "-w1", target]).output)
        show(try nodes[0].command("peers", "list").output)
        show(try nodes[0].command("routes", "selected").output)
        try reroute(spaces, links, target)
        show(try nodes[0].command("routes", "selected").output)
        say("Done. All of it is gone with this program.")
    }

    private func startNodes(_ spaces: [Space], _ links: [Lab.Link]) throws -> [LabNode] {
        try spaces.indices.map { index in
            // Everyone dials the next one in the ring.
            let next = spaces[(index + 1) % spaces.count]
            let peer = "tcp://[\(links[index].address(in: next))]:9651"
            let node = try lab.node(spaces[index], NodeOptions(peers: [peer]))
            let address = try node.startAndWait()
            say("  \(names[index].padding(toLength: 7, withPad: " ", startingAt: 0))\(address)")
            return node
        }
    }

    private func reroute(_ spaces: [Space], _ links: [Lab.Link], _ target: String) throws {
        let ping = try PingWatch(from: spaces[0], to: target)
        let used = try linkInUse(spaces[0], links)
        let side = used.ends.first { $0 != spaces[0].name } ?? ""
        say("amber pings cedar every 20 ms, at the moment over \(side). That cable is cut.")
        let cut = Date().timeIntervalSince1970
        try lab.set(used, at: spaces[0], isUp: false)
        let pause = try ping.longestPause(since: cut, within: 60)
        let other = try linkInUse(spaces[0], links).ends.first { $0 != spaces[0].name } ?? ""
        say(String(format: "The answers paused for %.0f ms and go on over \(other).", pause * 1000))
        try lab.set(used, at: spaces[0], isUp: true)
        say("The cable is back; traffic stays where it is unless the old way is better by far.")
        Thread.sleep(forTimeInterval: 3)
        say(String(format: "Requests lost in all: %.1f %%.\n", ping.stop() * 100))
    }

    /// The link at a space that carries most of the traffic.
    private func linkInUse(_ space: Space, _ links: [Lab.Link]) throws -> Lab.Link {
        let own = links.filter { $0.ends.contains(space.name) }
        let before = try own.map { try space.bytesSent(on: $0.interface(in: space)) }
        Thread.sleep(forTimeInterval: 1)
        let sent = try zip(own, before).map {
            ($0, try space.bytesSent(on: $0.interface(in: space)) - $1)
        }
        return sent.max { $0.1 < $1.1 }?.0 ?? own[0]
    }

    /// Written at once, also through a pipe: the pauses are part of the story.
    private func say(_ text: String) {
        FileHandle.standardOutput.write(Data((text + "\n").utf8))
    }

    private func show(_ output: String) {
        for line in output.split(separator: "\n") { say("    | " + line) }
        say("")
    }
}
