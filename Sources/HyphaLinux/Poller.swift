// SPDX-License-Identifier: Apache-2.0
import CHyphaLinux
package import HyphaBase

/// Waits for descriptors to become ready (`epoll(7)`).
package struct Poller: ~Copyable, Sendable {
    private let descriptor: Descriptor

    /// What to wait for.
    ///
    /// Hang-up and error are always reported, so a descriptor in that state that is not read has to
    /// be removed.
    package struct Interest: OptionSet, Hashable, Sendable {
        package let rawValue: UInt32

        package init(rawValue: UInt32) { self.rawValue = rawValue }

        package static let readable = Interest(rawValue: UInt32(HYPHA_POLL_READABLE))
        package static let writable = Interest(rawValue: UInt32(HYPHA_POLL_WRITABLE))
    }

    /// When readiness is reported.
    package enum Trigger: Sendable {
        /// At every wait while it lasts.
        case level
        /// Once at each change; the owner reads or writes until `.wouldBlock`.
        case edge
    }

    /// - Throws: ``SystemError`` of `epoll_create1(2)`.
    package init() throws(SystemError) {
        descriptor = Descriptor(adopting: try check(hypha_poller_open(), .wait))
    }

    /// Begins to watch a descriptor.
    ///
    /// - Parameters:
    ///   - descriptor: Not watched here yet. Closing it ends the watch.
    ///   - token: Comes back with its events.
    ///   - interest: May be empty, for hang-up and error alone.
    ///   - trigger: When readiness is reported.
    /// - Throws: ``SystemError`` of `epoll_ctl(2)`: EEXIST, ENOMEM, ENOSPC, EPERM for plain files.
    package func add(
        _ descriptor: borrowing Descriptor,
        token: UInt64,
        interest: Interest,
        trigger: Trigger = .level
    ) throws(SystemError) {
        let flags = Self.flags(interest, trigger)
        let number = descriptor.rawValue
        try check(hypha_poller_add(self.descriptor.rawValue, number, token, flags), .watch)
    }

    /// Changes what is waited for; with ``Trigger/edge`` readiness is then reported anew.
    ///
    /// - Throws: ``SystemError`` of `epoll_ctl(2)`: ENOENT when it is not watched.
    package func modify(
        _ descriptor: borrowing Descriptor,
        token: UInt64,
        interest: Interest,
        trigger: Trigger = .level
    ) throws(SystemError) {
        let flags = Self.flags(interest, trigger)
        let number = descriptor.rawValue
        try check(hypha_poller_modify(self.descriptor.rawValue, number, token, flags), .watch)
    }

    /// Ends the watch.
    ///
    /// - Throws: ``SystemError`` of `epoll_ctl(2)`: ENOENT when it is not watched.
    package func remove(_ descriptor: borrowing Descriptor) throws(SystemError) {
        let number = descriptor.rawValue
        try check(hypha_poller_remove(self.descriptor.rawValue, number), .watch)
    }

    /// Waits until something is ready, the time is over or a signal arrives.
    ///
    /// - Parameters:
    ///   - events: Gets what happened; empty at a timeout or signal.
    ///   - timeoutNanoseconds: 0 or less = only look; `nil` = for ever.
    /// - Complexity: O(events), no allocation.
    package func wait(into events: inout PollEvents, timeoutNanoseconds: Int64?) {
        let timeout = timeoutNanoseconds.map { max(0, $0) } ?? -1
        events.fill(from: descriptor.rawValue, timeout: timeout)
    }

    /// Waits until something is ready, an instant is reached or a signal arrives.
    ///
    /// Timeouts run on `CLOCK_MONOTONIC`: a machine that sleeps meanwhile wakes late by the rest of
    /// the timeout at most, and then finds every deadline passed.
    ///
    /// - Parameters:
    ///   - events: Gets what happened; empty when there is nothing.
    ///   - deadline: `nil` = for ever.
    ///   - now: The current instant.
    package func wait(into events: inout PollEvents, until deadline: Instant?, now: Instant) {
        let timeout = deadline.map { now.elapsedNanoseconds(until: $0) }
        wait(into: &events, timeoutNanoseconds: timeout)
    }

    private static func flags(_ interest: Interest, _ trigger: Trigger) -> UInt32 {
        interest.rawValue | (trigger == .edge ? UInt32(HYPHA_POLL_EDGE) : 0)
    }
}

extension Instant {
    fileprivate func elapsedNanoseconds(until later: Instant) -> Int64 {
        let (span, overflow) = later.nanoseconds.subtractingReportingOverflow(nanoseconds)
        return overflow ? (later > self ? .max : 0) : span
    }
}
