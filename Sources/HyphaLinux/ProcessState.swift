// SPDX-License-Identifier: Apache-2.0
import CHyphaLinux

/// What the process may do and what it uses.
package enum ProcessState {
    /// What the process has used and holds.
    package struct Usage: Hashable, Sendable {
        /// Memory that is in RAM, bytes.
        package let residentBytes: UInt64
        /// Processor time of all threads since the start.
        package let processorTime: Duration
    }

    /// Whether interfaces may be made and changed (CAP_NET_ADMIN is effective).
    package static var hasNetAdmin: Bool {
        let capabilityNetAdmin: Int32 = 12
        return hypha_has_capability(capabilityNetAdmin) == 1
    }

    /// This process's number.
    package static var processID: Int32 { hypha_process_id() }

    /// Processors that this process may run on, 1 or more.
    package static var processorCount: Int { max(1, Int(hypha_processor_count())) }

    /// Raises the soft limit of open descriptors to the hard one.
    ///
    /// - Returns: The limit that holds.
    /// - Throws: ``SystemError`` of `setrlimit(2)`.
    @discardableResult
    package static func raiseDescriptorLimit() throws(SystemError) -> Int {
        let result = hypha_raise_descriptor_limit()
        return Int(try check(result, .raiseDescriptorLimit))
    }

    /// What the process uses (/proc/self/statm, `CLOCK_PROCESS_CPUTIME_ID`).
    ///
    /// - Throws: ``SystemError`` when /proc is not there.
    package static func usage() throws(SystemError) -> Usage {
        var resident: UInt64 = 0
        var processor: UInt64 = 0
        // Safe: the shim writes two numbers.
        let result = unsafe hypha_process_usage(&resident, &processor)
        try check(result, .readUsage)
        return Usage(
            residentBytes: resident,
            processorTime: .nanoseconds(Int64(clamping: processor))
        )
    }
}
