// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaLink
import HyphaLinux
import HyphaSession

/// Commands of the control plane, sorted by the worker that carries them out.
struct CommandPlan {
    /// By worker.
    private(set) var lists: [[DataPlaneCommand]]
    /// A socket could not be given to all.
    private(set) var lacksSocket = false
    private let wakeups: [EventCounter]
    private var count: Int { lists.count }

    /// - Parameter wakeups: How each worker is woken.
    init(_ wakeups: [EventCounter]) {
        lists = Array(repeating: [], count: wakeups.count)
        self.wakeups = wakeups
    }

    /// Adds a command behind those that came before it.
    ///
    /// - Parameters:
    ///   - command: As the control plane gives it.
    ///   - socketCount: Sockets given so far.
    mutating func add(_ command: DataPlaneCommand, socketCount: inout Int) {
        switch command {
        case .addSocket(let handle):
            share(handle, receiver: socketCount % count)
            socketCount += 1
        case .addLink(let id, _, _), .addDatagramLink(let id, _), .transmit(let id, _),
            .resume(let id):
            add(command, to: owner(of: id))
        case .closeLink(let id):
            add(command, to: owner(of: id))
            forgetNeighbour(id)
        case .carrier(let command): add(command)
        case .session(let command): add(command)
        case .searchFailed, .stop: addToAll(command)
        // Of this plan itself.
        case .addSendingSocket, .knowSession, .knowNeighbour, .afterRoutes, .leaveStream,
            .takeStream:
            break
        }
    }

    /// Lets every worker that was told something wait until all have these changes of routes.
    mutating func waitForRoutes(_ version: UInt64) {
        for worker in lists.indices where !lists[worker].isEmpty {
            lists[worker].insert(.afterRoutes(version), at: 0)
        }
    }

    private mutating func add(_ command: DataPlaneCommand, to worker: Int) {
        lists[worker].append(command)
    }

    private mutating func addToAll(_ command: DataPlaneCommand) {
        for worker in lists.indices { lists[worker].append(command) }
    }

    private func owner(of link: LinkID) -> Int { CrewSeat.owner(of: link, of: count) }
    private func owner(of prefix: Prefix) -> Int {
        CrewSeat.owner(ofSubnet: prefix.address.high, of: count)
    }

    /// Every worker sends from the socket, one receives.
    private mutating func share(_ handle: DatagramSocket.Handle, receiver: Int) {
        for worker in lists.indices where worker != receiver {
            guard let copy = try? handle.duplicated() else {
                lacksSocket = true
                continue
            }
            add(.addSendingSocket(copy), to: worker)
        }
        add(.addSocket(handle), to: receiver)
    }

    private mutating func knowSession(_ local: SessionIndex, of owner: Int) {
        for worker in lists.indices where worker != owner {
            add(.knowSession(local, worker: owner), to: worker)
        }
    }

    private mutating func forgetNeighbour(_ link: LinkID) {
        addToAll(.knowNeighbour(link, subnet: nil))
    }

    private mutating func add(_ command: CarrierCommand) {
        switch command {
        // The first worker has the first socket; all know how it heard whom.
        case .sendDatagram: add(.carrier(command), to: 0)
        case .sendOnStream(let id, _), .use(let id, _, _), .endpoint(let id, _),
            .unproven(let id, _), .carrier(let id, _), .payloadMax(let id, _),
            .sealStream(let id, _), .send(let id, _, _, _, _, _), .closeCarrier(let id, _),
            .watch(let id):
            add(.carrier(command), to: owner(of: id))
        case .install(let id, let carrier, let local, _, _):
            add(.carrier(command), to: owner(of: id))
            if carrier == .datagram { knowSession(local, of: owner(of: id)) }
        case .remove: addToAll(.carrier(command))
        case .peer(let id, let key):
            add(.carrier(command), to: owner(of: id))
            addToAll(.knowNeighbour(id, subnet: IPv6Address(derivedFrom: key).high))
        case .adoptStream(let old, let new): adoptStream(of: old, into: new)
        case .close(let id):
            add(.carrier(command), to: owner(of: id))
            forgetNeighbour(id)
        }
    }

    private mutating func adoptStream(of old: LinkID, into new: LinkID) {
        let (from, to) = (owner(of: old), owner(of: new))
        if from == to {
            add(.carrier(.adoptStream(from: old, into: new)), to: to)
        } else {
            let passage = StreamPassage(taker: wakeups[to])
            add(.leaveStream(old, passage), to: from)
            add(.takeStream(new, passage), to: to)
        }
        forgetNeighbour(old)
    }

    private mutating func add(_ command: SessionCommand) {
        switch command {
        case .begin, .policy, .remove, .sendEmpty, .sendControl: addToAll(.session(command))
        case .install(let local, _, _, let prefix, _):
            add(.session(command), to: owner(of: prefix))
            knowSession(local, of: owner(of: prefix))
        case .sendMessage(_, _, let address):
            add(.session(command), to: owner(of: Prefix(subnetOf: address)))
        }
    }
}
