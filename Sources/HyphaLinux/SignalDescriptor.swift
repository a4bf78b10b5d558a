// SPDX-License-Identifier: Apache-2.0
import CHyphaLinux
import Glibc

/// A process signal that is answered in the event loop.
package enum ProcessSignal: Hashable, Sendable, CaseIterable {
    /// SIGHUP: reload.
    case hangup
    /// SIGINT: stop.
    case interrupt
    /// SIGTERM: stop.
    case terminate
    /// SIGUSR1.
    case user1
    /// SIGUSR2.
    case user2

    var number: Int32 {
        switch self {
        case .hangup: SIGHUP
        case .interrupt: SIGINT
        case .terminate: SIGTERM
        case .user1: SIGUSR1
        case .user2: SIGUSR2
        }
    }
}

/// Signals as events of a ``Poller`` (`signalfd(2)`).
package struct SignalDescriptor: ~Copyable, Sendable {
    /// For ``Poller/add(_:token:interest:trigger:)``.
    package let descriptor: Descriptor

    /// Blocks the signals for the calling thread and every thread it starts later; call it before
    /// there are threads, or one of them dies of the signal.
    ///
    /// - Throws: ``SystemError`` of `signalfd(2)`.
    package init(_ signals: [ProcessSignal]) throws(SystemError) {
        let numbers = signals.map(\.number)
        // Safe: the shim reads the numbers only.
        let result = unsafe numbers.withUnsafeBufferPointer { numbers in
            unsafe hypha_signals_open(numbers.baseAddress, numbers.count)
        }
        descriptor = Descriptor(adopting: try check(result, .openSignals))
    }

    /// The next pending signal, `nil` when there is none; the same signal twice counts once.
    package func next() -> ProcessSignal? {
        let result = hypha_signals_next(descriptor.rawValue)
        refuseOwnMistake(-result)
        return ProcessSignal.allCases.first { $0.number == result }
    }

    /// Makes writes to a closed pipe fail with EPIPE for the whole process.
    package static func ignoreBrokenPipes() {
        _ = signal(SIGPIPE, SIG_IGN)
    }
}
