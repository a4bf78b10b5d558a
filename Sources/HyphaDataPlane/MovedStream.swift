// SPDX-License-Identifier: Apache-2.0
import HyphaLinux
import Synchronization

/// Where one worker leaves a stream that another one takes.
///
/// Nobody waits: the one that takes keeps its later commands back until the stream is there, and
/// goes on with its packets. Both commands are posted together and in one order to all workers, so
/// no two workers hold each other up.
package final class StreamPassage: Sendable {
    private let isFilled = Atomic<Bool>(false)
    private let stream = Mutex<MovedStream?>(nil)
    private let taker: EventCounter

    /// - Parameter taker: Signalled when the stream is there.
    init(taker: EventCounter) { self.taker = taker }

    /// Whether the stream is there, or is known not to come.
    var isReady: Bool { isFilled.load(ordering: .acquiring) }

    /// Leaves the stream; `nil` when it is gone already.
    func leave(_ stream: MovedStream?) {
        self.stream.withLock { $0 = stream }
        isFilled.store(true, ordering: .releasing)
        taker.signal()
    }

    /// Takes the stream.
    func take() -> MovedStream? {
        stream.withLock { stream in
            let taken = stream
            stream = nil
            return taken
        }
    }
}

/// A stream on its way from one worker to another.
struct MovedStream: Sendable {
    /// Whoever takes it closes it.
    let descriptor: Int32
    /// Whole frames that were not written yet.
    let waiting: [UInt8]
    /// The beginning of a frame that was read.
    let partial: [UInt8]
    let isSealed: Bool
    let isClosedToClear: Bool
    let sessions: [MovedSession]
    /// Which of the sessions seals what is sent, by its index at this node.
    let current: UInt32?
}

/// A session on its way from one worker to another; taken once.
final class MovedSession: Sendable {
    private let session: Mutex<TransportSession?>

    init(_ session: consuming sending TransportSession) {
        self.session = Mutex(session)
    }

    func take() -> TransportSession? {
        session.withLock { session in
            var taken: TransportSession?
            swap(&taken, &session)
            return taken
        }
    }
}
