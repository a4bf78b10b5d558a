// SPDX-License-Identifier: Apache-2.0

import Foundation

/// One `iperf3` run over TCP between two spaces, from its start to its end.
package final class Throughput {
    private let server: ChildProcess
    private let client: ChildProcess
    private let seconds: Double

    /// Starts to send for so many seconds, as fast as it goes unless a rate is given.
    package init(
        from sender: Space,
        to receiver: Space,
        address: String,
        port: Int = 5997,
        seconds: Double,
        megabitsPerSecond: Int = 0
    ) throws {
        self.seconds = seconds
        server = try receiver.start(["iperf3", "-s", "-p", "\(port)", "-1"])
        let opened = ["sh", "-c", "ss -6tlnH 'sport = :\(port)' | grep -q ."]
        _ = try wait(for: "iperf3 listens", seconds: 5) {
            try receiver.run(opened).isSuccess ? true : nil
        }
        client = try sender.start([
            "iperf3", "-6", "-c", address, "-p", "\(port)", "-t", "\(seconds)", "-i", "0.1", "-J",
            "-b", "\(megabitsPerSecond)M",
        ])
    }

    private struct Report: Decodable {
        struct Sum: Decodable {
            let start: Double
            let end: Double
            let bits_per_second: Double
        }
        struct Interval: Decodable { let sum: Sum }
        struct End: Decodable { let sum_received: Sum }
        let intervals: [Interval]
        let end: End
    }

    /// Waits for the end.
    ///
    /// - Returns: Bits a second that were received in all.
    /// - Throws: A decoding error when the run failed.
    package func finish() throws -> Double {
        if !client.waits(seconds: seconds + 30) { client.kill() }
        server.terminate(within: 2)
        let report = try JSONDecoder().decode(Report.self, from: Data(client.output.utf8))
        return report.end.sum_received.bits_per_second
    }
}
