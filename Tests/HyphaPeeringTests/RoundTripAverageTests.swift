// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaPeering
import Testing

@Suite struct RoundTripAverageTests {
    @Test func itBeginsAtTheInitialCostOfTheBase() throws {
        let average = RoundTripAverage()
        #expect(!average.isMeasured)
        #expect(average.cost(staticCost: Metric(10)) == Metric(1010))
        #expect(average.cost(staticCost: Metric(15)) == Metric(1015))
    }

    @Test func theStaticCostIsThatOfTheVectors() throws {
        let cost = try DerivedVectors.load().arithmetic.staticCost
        let six = SocketAddress(host: .v6(IPv6Address(high: 1, low: 1), scope: 0), port: 1)
        let four = SocketAddress(host: .v4(IPv4Address(bits: 1)), port: 1)
        let mapped = SocketAddress(
            host: .v6(IPv6Address(high: 0, low: 0xffff_0a00_0001), scope: 0),
            port: 1
        )
        #expect(Metric.staticCost(ofTCPTo: six) == Metric(cost.tcp6))
        #expect(Metric.staticCost(ofTCPTo: four) == Metric(cost.tcp4))
        #expect(Metric.staticCost(ofTCPTo: mapped) == Metric(cost.tcp4))
    }

    @Test func theFirstSampleReplacesTheInitialValue() {
        var average = RoundTripAverage()
        average.add(.milliseconds(20))
        #expect(average.isMeasured)
        #expect(average.cost(staticCost: Metric(10)) == Metric(30))
    }

    /// From the same start the finer units stay within the rounding of the base's whole ones.
    @Test func smoothingNeverFallsBelowTheBaseAndIsAtMostNineAbove() throws {
        let vectors = try DerivedVectors.load().arithmetic.linkCostSmoothing
        for (samples, results) in [
            (vectors.samples, vectors.smoothed), (vectors.zeros, vectors.smoothedZeros),
        ] {
            var average = RoundTripAverage(measuredMilliseconds: 1000)
            for (sample, base) in zip(samples, results) {
                average.add(.milliseconds(sample))
                #expect(base...base + 9 ~= average.microseconds / 1000)
            }
        }
    }

    @Test func aRisingValueDoesNotStallAsInTheBase() throws {
        let base = try DerivedVectors.load().arithmetic.linkCostSmoothing.rising
        #expect(base.last == 11)
        var average = RoundTripAverage(measuredMilliseconds: 0)
        for _ in 0..<100 { average.add(.milliseconds(20)) }
        #expect(19_990...20_000 ~= average.microseconds)
    }

    @Test func theCostIsNeitherZeroNorInfinite() {
        var average = RoundTripAverage()
        average.add(.zero)
        #expect(average.cost(staticCost: .zero) == Metric(1))
        average = RoundTripAverage()
        average.add(.seconds(1_000_000))
        #expect(average.cost(staticCost: Metric(15)) == .finiteMax)
        average.add(.seconds(-5))
        #expect(average.microseconds >= 0)
    }
}
