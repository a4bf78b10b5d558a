// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaDataPlane
import HyphaForwarding
import Testing

/// Handshake datagrams are anybody's, so there is a rate.
@Suite struct HandshakeCeilingTests {
    @Test func handshakesOfASecondHaveACeiling() throws {
        var node = try WorkerHarness(hasTUN: false)
        let address = try node.addSocket()
        let end = try DatagramEnd()
        let frame = [5, 1, 0, 0] + [UInt8](repeating: 0, count: 60)
        let sent = Limits.handshakeDatagramsBurst + 1000
        var taken = 0
        // As one run, so that no new second's worth comes in between.
        for _ in 0..<sent / 50 {
            end.sendTogether([[UInt8]](repeating: frame, count: 50), to: address)
        }
        node.turn()
        taken += node.takeCarrierEvents().count
        let busy = Int(node.counters.drops[.controlBusy])
        #expect(taken + busy == sent)
        #expect(taken >= Limits.handshakeDatagramsBurst)
        #expect(busy > 0)
    }
}
