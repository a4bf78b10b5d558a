// SPDX-License-Identifier: Apache-2.0

import Foundation
import HyphaLab

/// Two nodes with a bad path between them: `dialler` - `middle` - `listener`.
struct SealedPair {
    let lab: Lab
    let middle: Middle
    let dialler: LabNode
    let listener: LabNode
    /// Overlay addresses of dialler and listener.
    let addresses: [String]

    /// Listens where the program does unless told otherwise, over UDP and TCP.
    static let standard = NodeOptions(listens: false)

    /// Both nodes, number 0 for the dialler and 1 for the listener.
    var nodes: [LabNode] { [dialler, listener] }

    /// Starts the listener, then the dialler.
    ///
    /// - Parameters:
    ///   - url: What the dialler dials, by the listener's address and public key.
    ///   - options: Options of a node, 0 for the dialler and 1 for the listener.
    ///   - prepare: What is done to the path before anything is started.
    /// - Throws: ``LabError``.
    init(
        url: (_ address: String, _ key: String) -> String = { address, _ in
            "udp://[\(address)]:9652"
        },
        options: (Int) -> NodeOptions = { _ in SealedPair.standard },
        prepare: (Middle) throws -> Void = { _ in }
    ) throws {
        let lab = try Lab()
        self.lab = lab
        let spaces = try ["dial", "listen"].map(lab.space)
        middle = try Middle(lab, named: "m", between: spaces[0], and: spaces[1])
        try prepare(middle)
        listener = try lab.node(spaces[1], options(1))
        let listenerAddress = try listener.startAndWait()
        let node = listener
        _ = try wait(for: "the control socket", seconds: 5) {
            FileManager.default.fileExists(atPath: node.controlPath) ? true : nil
        }
        var own = options(0)
        own.peers.append(url(middle.address(of: 1), try listener.publicKey()))
        dialler = try lab.node(spaces[0], own)
        addresses = [try dialler.startAndWait(), listenerAddress]
    }

    /// Waits until a node, 0 for the dialler, reaches the other one; returns how long it took.
    @discardableResult
    func waitToReach(from number: Int = 0, seconds: Double = 20) throws -> Double {
        do {
            return try nodes[number].space.waitToReach(addresses[1 - number], seconds: seconds)
        } catch {
            for node in nodes { print("--- log of \(node.space.name)\n\(node.logTail)") }
            throw error
        }
    }

    /// Random bytes over one TCP connection from the dialler to the listener.
    func transfer(
        byteCount: Int,
        within limit: Double = 60,
        meanwhile: () throws -> Void = {}
    ) throws -> Transfer {
        try Transfer.run(
            byteCount: byteCount,
            from: dialler.space,
            to: listener.space,
            address: addresses[1],
            within: limit,
            meanwhile: meanwhile
        )
    }

    /// Captures what the middle sends to or gets from a node while something happens.
    func captured(
        _ name: String,
        towards end: Int = 1,
        while happens: () throws -> Void
    ) throws -> String {
        let file = lab.folder.path(name)
        let capture = try FrameTool.capture(
            middle.interface(towards: end),
            in: middle.space,
            to: file
        )
        try happens()
        Thread.sleep(forTimeInterval: 0.2)
        try capture.stop()
        return file
    }
}

extension LabNode {
    /// Sum of everything that was counted as refused.
    func refusalCount() throws -> Int { try refusals().values.reduce(0, +) }

    /// The same by name, for messages.
    var refusalList: String { (try? refusals()).map { "\($0)" } ?? "no answer" }
}
