// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
package import HyphaCrypto
package import HyphaForwarding
package import HyphaLink
package import HyphaLinux
package import HyphaSession
import Synchronization

/// The packet path: threads that own TUN and every link's socket.
///
/// The control plane hands links, route changes and control packets down and takes events; none of
/// its calls waits for a worker. `Docs/decisions` 23 says which worker does what.
///
/// A class because the workers' threads share their mailboxes.
package final class DataPlane: Sendable {
    private let crew: WorkerCrew
    private let threads = Mutex<[RunningThread]>([])

    /// A thread of the packet path.
    private final class RunningThread: Sendable {
        private let thread: Mutex<WorkerThread?>

        init(_ thread: consuming WorkerThread) { self.thread = Mutex(thread) }

        func join() {
            var running: WorkerThread?
            thread.withLock { swap(&$0, &running) }
            running?.join()
        }
    }

    /// - Parameter workerCount: Threads, 1...``HyphaBase/Limits/workersMax``.
    /// - Throws: ``SystemError`` when the kernel gives no descriptors.
    package init(workerCount: Int = 1) throws(SystemError) {
        crew = try WorkerCrew(count: workerCount)
    }

    /// Threads that packets are spread over.
    package var workerCount: Int { crew.count }

    /// Starts one worker; each of them once.
    ///
    /// - Parameters:
    ///   - worker: Which one, from 0.
    ///   - identity: This node's key; the worker derives the keys shared with others from it.
    ///   - tun: A queue of the device of its own, or `nil` to route for others only.
    ///   - growsUDP: The device takes unsegmented UDP.
    /// - Throws: ``SystemError`` when no thread or poller can be made.
    package func start(
        _ worker: Int,
        identity: NodeIdentity,
        tun: consuming Descriptor?,
        growsUDP: Bool
    ) throws(SystemError) {
        let name = crew.count == 1 ? "hypha-worker" : "hypha-worker-\(worker)"
        let worker = try Worker(
            identity: identity,
            tun: tun,
            growsUDP: growsUDP,
            mailbox: crew.mailbox(of: worker),
            board: crew.board(of: worker),
            seat: crew.seat(of: worker)
        )
        let started = try WorkerThread.start(name: name, owning: worker) { worker in
            var worker = worker
            worker.run()
        }
        let running = RunningThread(started)
        threads.withLock { $0.append(running) }
    }

    /// Tells the workers to write what is waiting and end, and waits until they have.
    package func stop() {
        _ = crew.post([.stop], routes: [])
        let running = threads.withLock { threads in
            let all = threads
            threads = []
            return all
        }
        for thread in running { thread.join() }
    }

    // MARK: - To the workers

    /// Instructions gathered by the control plane in one turn and handed down together.
    package struct Batch: ~Copyable {
        fileprivate var commands: [DataPlaneCommand] = []
        fileprivate var routes: [(Prefix, ForwardingState?)] = []

        package init() {}

        /// Whether there is nothing to hand down.
        package var isEmpty: Bool { commands.isEmpty && routes.isEmpty }

        /// Hands an established, non-blocking stream over.
        package mutating func add(
            _ link: LinkID,
            _ descriptor: consuming Descriptor,
            counters: LinkTraffic
        ) {
            commands.append(.addLink(link, descriptor: descriptor.release(), counters))
        }

        /// Gives a datagram socket to the worker.
        package mutating func add(_ socket: DatagramSocket.Handle) {
            commands.append(.addSocket(socket))
        }

        /// Makes a link that has no stream.
        package mutating func addDatagramLink(_ link: LinkID, counters: LinkTraffic) {
            commands.append(.addDatagramLink(link, counters))
        }

        /// What a link's carriers do.
        package mutating func perform(_ command: CarrierCommand) {
            commands.append(.carrier(command))
        }

        /// What is done about sessions between two nodes.
        package mutating func perform(_ command: SessionCommand) {
            commands.append(.session(command))
        }

        /// Ends a link.
        package mutating func close(_ link: LinkID) { commands.append(.closeLink(link)) }

        /// Sends a framed control packet.
        package mutating func transmit(_ frame: [UInt8], on link: LinkID) {
            commands.append(.transmit(link, frame))
        }

        /// Publishes the state of a prefix; `nil` when nothing is known of it any more.
        package mutating func set(_ prefix: Prefix, _ state: ForwardingState?) {
            routes.append((prefix, state))
        }

        /// Gives up what waits for a route that was not found.
        package mutating func searchFailed(_ prefix: Prefix) {
            commands.append(.searchFailed(prefix))
        }

        /// Tells that control packets of a link were dealt with.
        ///
        /// - Parameters:
        ///   - count: How many.
        ///   - link: Their link.
        ///   - counters: What was handed over with the link.
        package mutating func taken(_ count: Int, of link: LinkID, _ counters: LinkTraffic) {
            let (before, now) = counters.pendingControl.wrappingSubtract(
                count,
                ordering: .acquiringAndReleasing
            )
            let ceiling = Limits.linkControlPendingMax
            if before >= ceiling, now < ceiling { commands.append(.resume(link)) }
        }
    }

    /// Hands a batch down and leaves it empty.
    ///
    /// - Returns: `false` when not all commands fitted; a worker hangs, or is far behind.
    package func post(_ batch: inout Batch) -> Bool {
        guard !batch.isEmpty else { return true }
        let fitted = crew.post(batch.commands, routes: batch.routes)
        batch = Batch()
        return fitted
    }

    // MARK: - From the workers

    /// Signalled when there are events.
    package var eventsReady: EventCounter { crew.eventsReady }

    /// Takes all events there are.
    package func takeEvents() -> [DataPlaneEvent] { crew.takeEvents() }

    /// Totals as of the last turns.
    package var counters: DataPlaneCounters { crew.counters }

    /// Searches and refreshes that the control plane did not take in time.
    package var droppedEvents: UInt64 { crew.droppedEvents }
}
