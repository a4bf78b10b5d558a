// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
package import HyphaForwarding
package import HyphaLinux
import Synchronization

/// What the workers of one data plane share, and the control plane's way to them.
///
/// Each worker has a thread, a mailbox, a queue of TUN, a forwarding table and counters of its own.
/// Between every two of them there is a ring each way. `Docs/decisions` 23 says why.
package final class WorkerCrew: Sendable {
    /// Workers, 1...``Limits/workersMax``.
    package let count: Int
    private let mailboxes: [Mailbox]
    private let boards: [CounterBoard]
    /// From the first worker to all others, then from the second.
    private let rings: [WorkerRing]
    private let ways = DatagramWays()
    /// Signalled when there are events of any worker.
    package let eventsReady: EventCounter
    private let posted = Mutex(Posted())

    private struct Posted {
        var socketCount = 0
        var routesVersion: UInt64 = 0
    }

    /// - Parameters:
    ///   - count: 1...``Limits/workersMax``.
    ///   - ringByteCount: Size of each ring, a power of two.
    /// - Throws: ``SystemError`` when the kernel gives no descriptors.
    package init(
        count: Int,
        ringByteCount: Int = Limits.workerRingBytes
    ) throws(SystemError) {
        invariant((1...Limits.workersMax).contains(count), "workers of a data plane")
        self.count = count
        let eventsReady = try EventCounter()
        var mailboxes: [Mailbox] = []
        for _ in 0..<count { mailboxes.append(try Mailbox(controlWakeup: eventsReady)) }
        self.mailboxes = mailboxes
        self.eventsReady = eventsReady
        boards = (0..<count).map { _ in CounterBoard() }
        rings = (0..<count * (count - 1)).map { _ in WorkerRing(byteCount: ringByteCount) }
    }

    /// Commands and events of one worker.
    package func mailbox(of worker: Int) -> Mailbox { mailboxes[worker] }

    /// Where one worker shows its counters.
    package func board(of worker: Int) -> CounterBoard { boards[worker] }

    /// The place of one worker, given away once.
    package func seat(of worker: Int) -> CrewSeat {
        guard count > 1 else { return CrewSeat() }
        let others = (0..<count).filter { $0 != worker }
        return CrewSeat(
            worker,
            mailboxes: mailboxes,
            outlets: others.map { ring(from: worker, to: $0) },
            inlets: others.map { ring(from: $0, to: worker) },
            ways: ways
        )
    }

    private func ring(from: Int, to: Int) -> WorkerRing {
        rings[from * (count - 1) + (to < from ? to : to - 1)]
    }

    // MARK: - Control plane's side

    /// Hands commands and changes of routes down.
    ///
    /// Changes of routes go to all workers. Commands that come with them or after them are carried
    /// out when all have made them, so that this node does not advertise what the packets of
    /// another worker do not do yet.
    ///
    /// - Returns: `false` when not all commands fitted.
    package func post(
        _ commands: [DataPlaneCommand],
        routes: [(Prefix, ForwardingState?)]
    ) -> Bool {
        guard count > 1 else { return mailboxes[0].post(commands, routes: routes) }
        return posted.withLock { posted in
            var plan = CommandPlan(mailboxes.map(\.workerWakeup))
            for command in commands { plan.add(command, socketCount: &posted.socketCount) }
            if !routes.isEmpty { posted.routesVersion += 1 }
            let version = posted.routesVersion
            let isUpToDate = mailboxes.allSatisfy {
                $0.appliedRoutes.load(ordering: .acquiring) >= version
            }
            if !isUpToDate { plan.waitForRoutes(version) }
            var fitted = !plan.lacksSocket
            // The first one sends handshakes, and the others are to be ready for the answers.
            for worker in (0..<count).reversed() {
                let list = plan.lists[worker]
                guard !list.isEmpty || !routes.isEmpty else { continue }
                let isTaken = mailboxes[worker].post(list, routes: routes, version: version)
                fitted = fitted && isTaken
            }
            return fitted
        }
    }

    /// Takes all events there are.
    package func takeEvents() -> [DataPlaneEvent] {
        guard count > 1 else { return mailboxes[0].takeEvents() }
        return mailboxes.flatMap { $0.takeEvents() }
    }

    /// Totals of all workers as of their last turns.
    package var counters: DataPlaneCounters {
        var sum = DataPlaneCounters()
        for board in boards { sum.add(board.current) }
        return sum
    }

    /// Events that did not fit.
    package var droppedEvents: UInt64 { mailboxes.reduce(0) { $0 &+ $1.droppedEvents } }
}
