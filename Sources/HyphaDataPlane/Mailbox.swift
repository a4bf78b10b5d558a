// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
package import HyphaForwarding
package import HyphaLink
package import HyphaLinux
package import HyphaSession
import Synchronization

/// What the control plane tells a worker.
package enum DataPlaneCommand: Sendable {
    /// A datagram socket to serve.
    case addSocket(DatagramSocket.Handle)
    /// The same to send from only; another worker receives.
    case addSendingSocket(DatagramSocket.Handle)
    /// A link with a stream in the base dialect.
    case addLink(LinkID, descriptor: Int32, LinkTraffic)
    /// A link that has datagrams only, so far.
    case addDatagramLink(LinkID, LinkTraffic)
    /// What a link's carriers do.
    case carrier(CarrierCommand)
    /// What is done about sessions between two nodes.
    case session(SessionCommand)
    case closeLink(LinkID)
    case transmit(LinkID, [UInt8])
    /// Control packets of this link were taken; it may be read again.
    case resume(LinkID)
    case searchFailed(Prefix)
    /// Another worker has this session.
    case knowSession(SessionIndex, worker: Int)
    /// A link ends at this /64, or at none any more.
    case knowNeighbour(LinkID, subnet: UInt64?)
    /// What follows waits until all workers have made these changes of routes.
    case afterRoutes(UInt64)
    /// The stream of a link goes to another worker; the link is no more.
    case leaveStream(LinkID, StreamPassage)
    /// The stream of another worker becomes that of this link; what follows waits for it.
    case takeStream(LinkID, StreamPassage)
    case stop
}

/// Commands one way, events the other, between one worker and the control plane.
///
/// Route changes are kept apart, one per prefix, so that a flood of them cannot grow the mailbox
/// beyond the size of the table.
package final class Mailbox: Sendable {
    private let toWorker = Mutex(Inbox())
    private let toControl = Mutex(Outbox())
    /// Set while the inbox is not empty, so that a worker need not take the lock to see that it is.
    private let filled = Atomic<Bool>(false)
    /// Signalled when a worker that found nothing has something to do.
    let workerWakeup: EventCounter
    /// Signalled when there are events.
    let controlWakeup: EventCounter
    /// The worker sleeps, or is about to; whoever hands it something wakes it.
    let isAsleep = Atomic<Bool>(false)
    /// The last changes of routes that the worker has made.
    let appliedRoutes = Atomic<UInt64>(0)
    /// The worker waits until others have made changes of routes.
    let awaitsRoutes = Atomic<Bool>(false)

    struct Inbox {
        var commands: [DataPlaneCommand] = []
        var routes: [Prefix: ForwardingState?] = [:]
        /// Counts the changes of routes.
        var routesVersion: UInt64 = 0
        var isEmpty: Bool { commands.isEmpty && routes.isEmpty }
    }

    private struct Outbox {
        var events: [DataPlaneEvent] = []
        var dropped: UInt64 = 0
    }

    /// - Parameter controlWakeup: Signalled when there are events; `nil` = one of its own.
    /// - Throws: ``SystemError`` when the kernel gives no descriptors.
    package init(controlWakeup: EventCounter? = nil) throws(SystemError) {
        workerWakeup = try EventCounter()
        if let controlWakeup {
            self.controlWakeup = controlWakeup
        } else {
            self.controlWakeup = try EventCounter()
        }
    }

    /// Ends the worker's sleep.
    func wake() {
        if isAsleep.exchange(false, ordering: .acquiringAndReleasing) { workerWakeup.signal() }
    }

    // MARK: - Control plane's side

    /// Adds commands; `false` when a command did not fit (the caller stops feeding the link).
    package func post(
        _ commands: [DataPlaneCommand],
        routes: [(Prefix, ForwardingState?)],
        version: UInt64 = 0
    ) -> Bool {
        let (wasEmpty, fitted) = toWorker.withLock { inbox in
            let wasEmpty = inbox.isEmpty
            let room = Limits.dataPlaneCommandsMax - inbox.commands.count
            inbox.commands.append(contentsOf: commands.prefix(max(0, room)))
            for (prefix, state) in routes { inbox.routes[prefix] = .some(state) }
            inbox.routesVersion = version
            filled.store(true, ordering: .releasing)
            return (wasEmpty, commands.count <= room)
        }
        if wasEmpty { workerWakeup.signal() }
        return fitted
    }

    /// Takes all events there are.
    package func takeEvents() -> [DataPlaneEvent] {
        toControl.withLock { outbox in
            let events = outbox.events
            outbox.events = []
            return events
        }
    }

    /// Events that did not fit.
    var droppedEvents: UInt64 { toControl.withLock { $0.dropped } }

    // MARK: - Worker's side

    /// Whether ``takeCommands()`` would give anything; may be late by one wake-up.
    var hasCommands: Bool { filled.load(ordering: .acquiring) }

    /// Takes all commands there are.
    func takeCommands() -> Inbox {
        toWorker.withLock { inbox in
            filled.store(false, ordering: .releasing)
            let taken = inbox
            inbox = Inbox()
            inbox.routesVersion = taken.routesVersion
            return taken
        }
    }

    /// Hands up a batch of events and leaves `batch` empty with its memory.
    func report(_ batch: inout [DataPlaneEvent]) {
        guard !batch.isEmpty else { return }
        let wasEmpty = toControl.withLock { outbox in
            let wasEmpty = outbox.events.isEmpty
            for event in batch {
                if outbox.events.count < Limits.dataPlaneEventsMax || !event.isDispensable {
                    outbox.events.append(event)
                } else {
                    outbox.dropped += 1
                }
            }
            return wasEmpty
        }
        batch.removeAll(keepingCapacity: true)
        if wasEmpty { controlWakeup.signal() }
    }
}

extension DataPlaneEvent {
    /// Whether a later packet brings the event again.
    ///
    /// The others are bounded by themselves: 64 control packets and one closing a link, one of each
    /// kind for a session.
    fileprivate var isDispensable: Bool {
        switch self {
        case .search, .refresh: true
        case .session(let event):
            switch event {
            case .wanted, .message, .unknownIndex, .control, .activity: true
            case .confirmed, .worn, .failing: false
            }
        case .control, .linkClosed, .tunLost, .carrier: false
        }
    }
}
