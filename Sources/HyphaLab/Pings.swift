// SPDX-License-Identifier: Apache-2.0

/// Echo requests, and which of them were answered.
package struct Pings: Sendable {
    /// How many count.
    package let count: Int
    /// Sequence numbers of the requests that count and were answered.
    package let answered: Set<Int>
    /// What `ping` printed.
    package let text: String

    /// Whether every one was answered.
    package var isWhole: Bool { answered.count == count }
}

extension Space {
    /// Sends echo requests.
    ///
    /// A few more are sent that do not count: after the last one `ping` waits for two round trips,
    /// which is less than a busy machine may be away for.
    ///
    /// - Parameters:
    ///   - address: Where to.
    ///   - count: How many count, at least 1.
    ///   - interval: Seconds between two.
    ///   - options: Further options of `ping`.
    /// - Returns: What was answered.
    /// - Throws: ``LabError`` when `ping` cannot be run.
    package func ping(
        _ address: String,
        count: Int,
        interval: Double,
        options: [String] = []
    ) throws -> Pings {
        let sent = count + max(2, Int(0.3 / interval))
        let words = ["ping", "-6", "-n", "-c", "\(sent)", "-i", "\(interval)"]
        let result = try run(words + options + [address])
        let answered = result.output.split(separator: "\n").compactMap { line in
            line.contains("bytes from")
                ? line.firstRange(of: "icmp_seq=").flatMap {
                    Int(line[$0.upperBound...].prefix { $0.isNumber })
                } : nil
        }
        return Pings(
            count: count,
            answered: Set(answered).filter { 1...count ~= $0 },
            text: result.output + result.errors
        )
    }
}
