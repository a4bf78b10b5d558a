// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaWire
import Testing

/// What two ends of a session say of the way between them.
@Suite struct SessionControlTests {
    private func error(_ bytes: [UInt8]) -> WireError? {
        do throws(WireError) {
            _ = try SessionControl.decode(bytes.span)
            return nil
        } catch {
            return error
        }
    }

    private let token: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8]

    @Test func contentsAreTheirBytes() throws {
        let report = PathReport(
            innerMTU: 1400,
            token: 0x0102_0304_0506_0708,
            receivedByteCount: 1340
        )
        let candidates = [
            SocketAddress(host: .v4(IPv4Address(bits: 0xc000_0201)), port: 9652),
            SocketAddress(
                host: .v6(IPv6Address(high: 0x2001_0db8 << 32, low: 1), scope: 0),
                port: 1
            ),
        ]
        let expected: [(SessionControl, [UInt8])] = [
            (.mtuProbe(token: report.token), [3, 0, 0, 0] + token),
            (.pathReport(report), [7, 0, 0x05, 0x78] + token + [0x05, 0x3c, 0, 0]),
            (.candidates([]), [8, 0, 0, 0]),
            (
                .candidates(candidates),
                [8, 2, 0, 0] + [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1, 0x25, 0xb4]
                    + [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1]
            ),
        ]
        for (control, bytes) in expected {
            #expect(control.encoded() == bytes)
            #expect(try SessionControl.decode(bytes.span) == control)
        }
        let empty: [UInt8] = []
        #expect(try SessionControl.decode(empty.span) == nil)
    }

    @Test func randomContentsComeBack() throws {
        var random = SplitMix(12)
        for _ in 0..<2_000 {
            let candidates = (0..<Int.random(in: 0...4, using: &random)).map { _ in
                let address = IPv6Address(high: random.next(), low: random.next())
                let port = UInt16.random(in: 0 ... .max, using: &random)
                return SocketAddress(host: .v6(address, scope: 0), port: port)
            }
            let report = PathReport(
                innerMTU: .random(in: 0 ... .max, using: &random),
                token: random.next(),
                receivedByteCount: .random(in: 0 ... .max, using: &random)
            )
            let probe = SessionControl.mtuProbe(token: random.next())
            for control in [probe, .pathReport(report), .candidates(candidates)] {
                #expect(try SessionControl.decode(control.encoded().span) == control)
            }
            let size = Int.random(in: 12...1400, using: &random)
            let padded = probe.encoded(padTo: size)
            #expect(padded.count == size)
            #expect(try SessionControl.decode(padded.span) == probe)
        }
    }

    @Test func onlyProbesArePadded() throws {
        #expect(SessionControl.mtuProbe(token: 1).encoded(padTo: 3).count == 12)
        #expect(SessionControl.candidates([]).encoded(padTo: 100).count == 4)
        let report = PathReport(innerMTU: 1, token: 2, receivedByteCount: 3)
        #expect(SessionControl.pathReport(report).encoded(padTo: 100).count == 16)
        let padding = [3, 0, 0, 0] + token + [9, 9]
        #expect(try SessionControl.decode(padding.span) == .mtuProbe(token: 0x0102_0304_0506_0708))
    }

    @Test func noMoreThanFourCandidatesAreWrittenOrRead() {
        let address = SocketAddress(host: .v6(.unspecified, scope: 0), port: 1)
        let five = SessionControl.candidates(Array(repeating: address, count: 5))
        #expect(five.encoded().count == 4 + 4 * 18)
        let bytes = [8, 5, 0, 0] + [UInt8](repeating: 0, count: 5 * 18)
        #expect(error(bytes) == .surplus(expected: 4, found: 5))
    }

    @Test func badContentsAreRefused() {
        for type: UInt8 in [0, 1, 2, 4, 5, 6, 9, 255] {
            #expect(error([type, 0, 0, 0] + token) == .livenessType(found: type))
        }
        let report: [UInt8] = [7, 0, 5, 0] + token + [5, 0, 0, 0]
        let candidate = [8, 1, 0, 0] + [UInt8](repeating: 1, count: 18)
        for bytes in [[3, 0, 0, 0] + token, report, candidate] {
            for count in 1..<bytes.count { #expect(error(Array(bytes[..<count])) != nil) }
        }
        for bytes in [report, candidate] {
            #expect(error(bytes + [0]) == .surplus(expected: bytes.count, found: bytes.count + 1))
        }
        for (bytes, offsets) in [
            ([3, 0, 0, 0] + token, [1, 2, 3]), (report, [1, 14, 15]), (candidate, [2, 3]),
        ] {
            for at in offsets {
                var changed = bytes
                changed[at] = 1
                #expect(error(changed) == .reservedByte(offset: at, found: 1))
            }
        }
    }
}
