// SPDX-License-Identifier: Apache-2.0
import CHyphaLinux

/// A thread of our own, for work that blocks or that must not share a pool.
///
/// A value that ends without ``join()`` lets the thread run on.
package struct WorkerThread: ~Copyable, Sendable {
    private let handle: UInt64

    private init(handle: UInt64) { self.handle = handle }

    deinit { _ = hypha_thread_detach(handle) }

    /// Starts a thread.
    ///
    /// - Parameters:
    ///   - name: Shown by `ps -L`; cut to 15 bytes.
    ///   - body: Runs once; the thread ends with it.
    /// - Returns: The thread, to be joined or let go.
    /// - Throws: ``SystemError`` of `pthread_create(3)`: EAGAIN when there are too many.
    package static func start(
        name: String,
        body: @escaping @Sendable () -> Void
    ) throws(SystemError) -> WorkerThread {
        // Safe: the new thread takes over the reference, or nobody does and it is given back.
        let job = unsafe Unmanaged.passRetained(Job(body))
        var handle: UInt64 = 0
        let result = unsafe hypha_thread_start(name, run, job.toOpaque(), &handle)
        guard result == 0 else {
            unsafe job.release()
            throw SystemError(operation: .startThread, code: -result)
        }
        return WorkerThread(handle: handle)
    }

    /// Starts a thread that owns a value nobody else can see any more.
    ///
    /// - Parameters:
    ///   - name: Shown by `ps -L`; cut to 15 bytes.
    ///   - state: Handed to `body` on the new thread.
    ///   - body: Runs once; the thread ends with it.
    /// - Returns: The thread, to be joined or let go.
    /// - Throws: ``SystemError`` of `pthread_create(3)`; the state is gone then.
    package static func start<State: ~Copyable>(
        name: String,
        owning state: consuming sending State,
        body: @escaping @Sendable (consuming sending State) -> Void
    ) throws(SystemError) -> WorkerThread {
        let handOver = HandOver(state)
        return try start(name: name) {
            guard let state = handOver.take() else { return }
            body(state)
        }
    }

    /// Waits until the thread has ended.
    package consuming func join() {
        let handle = handle
        discard self
        _ = hypha_thread_join(handle)
    }

    /// Binds the calling thread to one processor.
    ///
    /// - Parameter processor: A number from 0 on.
    /// - Throws: ``SystemError``: EINVAL when there is no such processor or it is not allowed.
    package static func pinCurrent(toProcessor processor: Int) throws(SystemError) {
        let number = Int32(clamping: processor)
        try check(hypha_thread_pin(number), .pinThread)
    }
}

/// The closure on its way to a thread.
private final class Job: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

/// The first function of every thread; a global one, so that it belongs to no actor.
private func run(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context = unsafe context else { return nil }
    // Safe: `start` passed a retained job, and this is the only place that takes it.
    let job = unsafe Unmanaged<Job>.fromOpaque(context).takeRetainedValue()
    job.body()
    return nil
}

/// Carries a value that cannot be copied from one thread to another.
private final class HandOver<State: ~Copyable>: @unchecked Sendable {
    // Unchecked: written before the thread starts, taken once by the thread.
    private var state: State?

    init(_ state: consuming sending State) { self.state = consume state }

    func take() -> sending State? {
        // Safe: nobody else refers to the value since `start` consumed it.
        nonisolated(unsafe) var taken: State? = nil
        unsafe swap(&taken, &state)
        return unsafe taken
    }
}
