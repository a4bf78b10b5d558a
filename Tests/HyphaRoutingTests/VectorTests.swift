// SPDX-License-Identifier: Apache-2.0
import Foundation
import HyphaBase
import HyphaRouting
import Testing

/// The derived vectors that concern routing.
struct VectorTests {
    private struct File: Decodable {
        let arithmetic: Arithmetic
        let feasibility: [Feasibility]
        let route_switch: [Switch]

        struct Arithmetic: Decodable {
            let metric_add: [Addition]
            let seqno_compare: [Comparison]
            let hold_time: [Hold]
        }
        struct Addition: Decodable { let a: UInt16, b: UInt16, sum: UInt16 }
        struct Comparison: Decodable { let a: UInt16, b: UInt16, a_lt_b: Bool, a_gt_b: Bool }
        struct Hold: Decodable { let interval_cs: UInt16, metric_infinite: Bool, hold_ms: Int }
        struct Feasibility: Decodable {
            let source_entry: [UInt16]?
            let update_seqno: UInt16
            let update_metric: UInt16
            let feasible: Bool
        }
        struct Switch: Decodable {
            let current_metric_link: [UInt16]
            let candidate_metric_link: [UInt16]
            let switches: Bool
        }
    }

    private let file: File

    init() throws {
        let tests = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent()
        let data = try Data(contentsOf: tests.appending(path: "Vectors/mycelium-derived.json"))
        file = try JSONDecoder().decode(File.self, from: data)
    }

    @Test func metricsAddAsInTheVectors() {
        #expect(file.arithmetic.metric_add.count >= 8)
        for vector in file.arithmetic.metric_add {
            #expect(Metric(vector.a) + Metric(vector.b) == Metric(vector.sum))
        }
    }

    @Test func seqnosCompareAsInTheVectors() {
        #expect(file.arithmetic.seqno_compare.count >= 8)
        for vector in file.arithmetic.seqno_compare {
            #expect(Seqno(vector.a).isOlder(than: Seqno(vector.b)) == vector.a_lt_b)
            #expect(Seqno(vector.a).isNewer(than: Seqno(vector.b)) == vector.a_gt_b)
        }
    }

    @Test func holdTimesAreAsInTheVectors() {
        #expect(file.arithmetic.hold_time.count >= 6)
        for vector in file.arithmetic.hold_time {
            let hold = RoutingConstants.holdTime(
                intervalCentiseconds: vector.interval_cs,
                isRetraction: vector.metric_infinite
            )
            #expect(hold == .milliseconds(vector.hold_ms))
        }
    }

    @Test func feasibilityIsAsInTheVectors() {
        #expect(file.feasibility.count >= 9)
        for vector in file.feasibility {
            let seqno = Seqno(vector.update_seqno)
            let metric = Metric(vector.update_metric)
            guard let entry = vector.source_entry else { continue }
            let distance = FeasibilityDistance(seqno: Seqno(entry[0]), metric: Metric(entry[1]))
            #expect(distance.admits(seqno: seqno, metric: metric) == vector.feasible)
        }
    }

    @Test func switchingIsAsInTheVectors() {
        #expect(file.route_switch.count >= 5)
        for vector in file.route_switch {
            let current = vector.current_metric_link.map { Metric($0) }
            let candidate = vector.candidate_metric_link.map { Metric($0) }
            let switches = RouteSelection.switches(
                from: current[0] + current[1],
                to: candidate[0] + candidate[1],
                advertised: candidate[0]
            )
            #expect(switches == vector.switches)
        }
    }
}
