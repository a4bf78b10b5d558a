// SPDX-License-Identifier: Apache-2.0
import CHyphaLinux
import HyphaBase

/// What systemd, or whoever plays its part, wants to know and hands in
/// (`sd_notify(3)`, `sd_listen_fds(3)`).
package struct ServiceManager: Hashable, Sendable {
    /// Where notices go: a path, or `@` and an abstract name.
    private let notifyPath: String?
    /// The service is restarted when ``Notice/watchdog`` is not heard in this time.
    ///
    /// Tell it twice as often. `nil` = no watchdog.
    package let watchdogInterval: Duration?
    /// Sockets opened for us.
    package let activatedSockets: [ActivatedSocket]

    /// A socket opened by the service manager.
    package struct ActivatedSocket: Hashable, Sendable {
        /// `FileDescriptorName=` of the unit, `unknown` without one.
        package let name: String
        /// An open descriptor, to be adopted once.
        package let rawValue: Int32

        package init(name: String, rawValue: Int32) {
            self.name = name
            self.rawValue = rawValue
        }
    }

    /// What can be told.
    package enum Notice: Hashable, Sendable {
        /// Started, or reloaded.
        case ready
        case stopping
        /// Reloading has begun; ``ready`` ends it.
        case reloading
        /// One line for people.
        case status(String)
        /// Still alive.
        case watchdog
    }

    /// Reads the service manager's variables.
    ///
    /// - Parameters:
    ///   - environment: The value of a variable.
    ///   - processID: This process; what is meant for another one is not taken.
    package init(environment: (String) -> String?, processID: Int32) {
        func isForUs(_ variable: String) -> Bool? {
            environment(variable).map { $0 == String(processID) }
        }
        notifyPath = environment("NOTIFY_SOCKET").flatMap { path in
            path.hasPrefix("/") || path.hasPrefix("@") && path.utf8.count > 1 ? path : nil
        }
        let microseconds = environment("WATCHDOG_USEC").flatMap { Int64($0) } ?? 0
        let isWatched = microseconds > 0 && isForUs("WATCHDOG_PID") ?? true
        watchdogInterval = isWatched ? .microseconds(microseconds) : nil
        let count = environment("LISTEN_FDS").flatMap { Int32($0) } ?? 0
        guard count > 0, isForUs("LISTEN_PID") ?? false else {
            activatedSockets = []
            return
        }
        let names = (environment("LISTEN_FDNAMES") ?? "")
            .split(separator: ":", omittingEmptySubsequences: false)
        activatedSockets = (0..<min(Int(count), Limits.activatedSocketsMax))
            .map { i in
                let name = i < names.count && !names[i].isEmpty ? String(names[i]) : "unknown"
                // Descriptors begin at SD_LISTEN_FDS_START.
                return ActivatedSocket(name: name, rawValue: 3 + Int32(i))
            }
    }

    /// The service manager of this process; keeps the handed-in sockets from child processes.
    package static func ofThisProcess() -> ServiceManager {
        let manager = ServiceManager(
            environment: Environment.value,
            processID: hypha_process_id()
        )
        for socket in manager.activatedSockets { _ = hypha_set_close_on_exec(socket.rawValue) }
        return manager
    }

    /// Whether somebody listens to notices.
    package var isPresent: Bool { notifyPath != nil }

    /// Tells the service manager; nothing happens when there is none.
    ///
    /// - Throws: ``SystemError`` of `sendto(2)`; the service goes on without having been heard.
    package func notify(_ notices: Notice...) throws(SystemError) {
        guard let notifyPath else { return }
        try refuseZeroByte(in: notifyPath, .notifyServiceManager)
        let message = Array(notices.map(Self.text).joined(separator: "\n").utf8)
        // Safe: the shim reads the text and the message only.
        let result = unsafe message.withUnsafeBufferPointer { bytes in
            unsafe hypha_notify(notifyPath, bytes.baseAddress, bytes.count)
        }
        try check(result, .notifyServiceManager)
    }

    private static func text(_ notice: Notice) -> String {
        switch notice {
        case .ready: "READY=1"
        case .stopping: "STOPPING=1"
        case .reloading:
            "RELOADING=1\nMONOTONIC_USEC=\(MonotonicClock.serviceManagerMicroseconds())"
        case .status(let line):
            "STATUS="
                + String(
                    decoding: line.utf8.prefix(Limits.serviceStatusBytesMax)
                        .map { $0 < 32 ? UInt8(ascii: " ") : $0 },
                    as: UTF8.self
                )
        case .watchdog: "WATCHDOG=1"
        }
    }
}
