// SPDX-License-Identifier: Apache-2.0
import CHyphaLinux
package import HyphaBase
import Synchronization

/// Resolves host names on a thread of its own, because `getaddrinfo(3)` blocks.
///
/// A class because its thread shares it. The thread ends some time after the last owner called
/// ``stop()``; a look-up under way is not interrupted.
package final class Resolver: Sendable {
    /// Readable when answers are there; for ``Poller/add(_:token:interest:trigger:)``.
    package let answersReady: EventCounter

    private let work: EventCounter
    private let state = Mutex(State())
    private let resolve: @Sendable (_ name: String, _ port: UInt16) -> Outcome

    /// What became of a name.
    package enum Outcome: Hashable, Sendable {
        /// 1...``Limits/addressesPerNameMax`` addresses in the order to be tried.
        case addresses([SocketAddress])
        /// There is no such name, or it has no address.
        case notFound
        /// The name server did not answer; worth another attempt later.
        case temporaryFailure
        /// Something else went wrong.
        case failed
    }

    /// The answer to one request.
    package struct Answer: Hashable, Sendable {
        /// What the request was marked with.
        package let token: UInt64
        package let outcome: Outcome
    }

    private struct State {
        var waiting: [Request] = []
        var answers: [Answer] = []
        /// Requests accepted and not yet taken as answers.
        var openCount = 0
        var refusedCount: UInt64 = 0
        var isStopped = false
    }

    private struct Request {
        let token: UInt64
        let name: String
        let port: UInt16
    }

    /// Starts the thread.
    ///
    /// - Parameter resolve: What the thread does for each name.
    /// - Throws: ``SystemError`` when there is no descriptor or thread left.
    package init(
        resolve: @escaping @Sendable (String, UInt16) -> Outcome = Resolver.lookUp
    ) throws(SystemError) {
        self.resolve = resolve
        answersReady = try EventCounter()
        work = try EventCounter(.blocking)
        _ = try WorkerThread.start(name: "hypha-resolver") { [self] in run() }
    }

    /// Asks for a name's addresses.
    ///
    /// - Parameters:
    ///   - name: A host name or a numeric address.
    ///   - port: Put into every address.
    ///   - token: Comes back with the answer.
    /// - Returns: `false` when ``Limits/resolutionsMax`` requests are open: ask again later.
    package func submit(name: String, port: UInt16, token: UInt64) -> Bool {
        let isAccepted = state.withLock { state in
            guard state.openCount < Limits.resolutionsMax, !state.isStopped else {
                state.refusedCount &+= 1
                return false
            }
            state.openCount += 1
            state.waiting.append(Request(token: token, name: name, port: port))
            return true
        }
        if isAccepted { work.signal() }
        return isAccepted
    }

    /// Takes all answers and makes ``answersReady`` unreadable.
    package func takeAnswers() -> [Answer] {
        answersReady.drain()
        return state.withLock { state in
            let answers = state.answers
            state.answers = []
            state.openCount -= answers.count
            return answers
        }
    }

    /// Requests refused since the start.
    package var refusedCount: UInt64 { state.withLock { $0.refusedCount } }

    /// Forgets what is waiting and lets the thread end after the look-up under way.
    package func stop() {
        state.withLock { state in
            state.isStopped = true
            state.openCount -= state.waiting.count
            state.waiting = []
        }
        work.signal()
    }

    private func run() {
        while true {
            work.drain()
            while let request = nextRequest() {
                let outcome = resolve(request.name, request.port)
                state.withLock {
                    $0.answers.append(Answer(token: request.token, outcome: outcome))
                }
                answersReady.signal()
            }
            if state.withLock({ $0.isStopped }) { return }
        }
    }

    private func nextRequest() -> Request? {
        state.withLock { $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() }
    }

    /// Looks a name up in the system's way, blocking for as long as that takes (`getaddrinfo(3)`).
    package static func lookUp(_ name: String, _ port: UInt16) -> Outcome {
        guard !name.utf8.contains(0) else { return .notFound }
        var addresses = InlineArray<16, hypha_address>(repeating: hypha_address())
        invariant(addresses.count == Limits.addressesPerNameMax, "room for every address taken")
        var room = addresses.mutableSpan
        // Safe: the shim writes at most the room's size; the text lives for the call.
        let result = unsafe room.withUnsafeMutableBufferPointer { room in
            unsafe hypha_resolve(name, port, room.baseAddress, room.count)
        }
        if result == Int32(HYPHA_RESOLVE_TEMPORARY) { return .temporaryFailure }
        if result == Int32(HYPHA_RESOLVE_NOT_FOUND) || result == 0 { return .notFound }
        if result < 0 { return .failed }
        var found: [SocketAddress] = []
        for i in 0..<Int(result) {
            let address = SocketAddress(addresses[i])
            if !found.contains(address) { found.append(address) }
        }
        return .addresses(found)
    }
}
