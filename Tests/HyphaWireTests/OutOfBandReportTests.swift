// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaWire
import Testing

@Suite struct OutOfBandReportTests {
    private let report = OutOfBandReport(
        reporter: IPv6Address(high: 0x04b1_d3a3_fa4d_7a76, low: 0xa647_a2f9_27b4_474e),
        offendingSource: IPv6Address(high: 0x0520_c662_fd00_9e92, low: 0x5d99_34ed_0ab8_82ab),
        offendingDestination: IPv6Address(high: 0x052d_0dc0_ab0c_851a, low: 1),
        cause: .hopLimitExceeded
    )

    private func content(quoting count: Int) -> [UInt8] {
        var result: [UInt8] = []
        report.append(quoting: [UInt8](repeating: 0xab, count: count).span, to: &result)
        return result
    }

    private func error(_ bytes: [UInt8]) -> WireError? {
        do throws(WireError) {
            _ = try OutOfBandReport.decode(bytes.span)
            return nil
        } catch {
            return error
        }
    }

    @Test func theReporterIsItsSubnet() {
        #expect(report.reporter == IPv6Address(high: 0x04b1_d3a3_fa4d_7a76, low: 0))
    }

    @Test func bodiesOfEverySizeAreQuotedOrLeftOut() throws {
        for count in [32, 33, 100, 1231, 1232, 1233, 65_535] {
            let bytes = content(quoting: count)
            let (decoded, body) = try OutOfBandReport.decode(bytes.span)
            let quoted = count <= Limits.reportBodyBytesMax ? count : 0
            #expect(decoded == report)
            #expect(body == 64..<64 + quoted && bytes.count == 64 + quoted)
            #expect(bytes[body].allSatisfy { $0 == 0xab })
        }
    }

    @Test func theChecksumCoversTheMessageAndThePseudoHeader() {
        for count in [32, 33, 1232, 1233] {
            let bytes = content(quoting: count)
            let packet = bytes.span.extracting(16...)
            let sum = InternetChecksum.pseudoHeader(
                addresses: packet.extracting(8..<40),
                upperLayerByteCount: packet.count - 40,
                nextHeader: 58
            )
            let whole = InternetChecksum.sum(packet.extracting(40...), initial: sum)
            #expect(InternetChecksum.fold(whole) == 0xffff)
        }
    }

    @Test func theContentGoesBehindWhatIsThere() throws {
        var bytes: [UInt8] = [1, 2, 0, 0]
        report.append(quoting: [UInt8](repeating: 1, count: 40).span, to: &bytes)
        #expect(bytes[..<4] == [1, 2, 0, 0])
        let content = bytes.span.extracting(4...)
        #expect(try OutOfBandReport.decode(content).report == report)
    }

    @Test func sizesOutsideTheRulesAreRefused() {
        let bytes = content(quoting: 1232)
        #expect(bytes.count == OutOfBandReport.byteCountMax)
        #expect(error(bytes + [0]) == .reportByteCount(maximum: 1296, found: 1297))
        for count in 0..<64 {
            #expect(error(Array(bytes[..<count])) == .truncated(needed: 64, available: count))
        }
        for count in 64..<1296 {
            #expect(error(Array(bytes[..<count])) == .truncated(needed: 1296, available: count))
        }
    }

    @Test func thePayloadLengthDecidesWhatIsQuoted() throws {
        var bytes = content(quoting: 100)
        bytes[21] = 8
        #expect(try OutOfBandReport.decode(bytes.span).body == 64..<64)
        bytes[21] = 40
        #expect(try OutOfBandReport.decode(bytes.span).body == 64..<96)
        bytes[21] = 39
        #expect(error(bytes) == .truncated(needed: 96, available: 95))
        bytes[21] = 7
        #expect(error(bytes) == .truncated(needed: 64, available: 63))
        bytes[20] = 0xff
        #expect(error(bytes) == .truncated(needed: 56 + 0xff07, available: 164))
    }

    @Test func otherPacketsInsideAreRefused() {
        var bytes = content(quoting: 100)
        bytes[22] = 6
        #expect(error(bytes) == .nextHeader(expected: 58, found: 6))
        bytes[16] = 0x40
        #expect(error(bytes) == .ipVersion(expected: 6, found: 4))
    }
}
