// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaSession
import Testing

@Suite struct HandshakeBasicTests {
    @Test(arguments: SessionCarrier.allCases)
    func bothEndsGetEqualKeys(_ carrier: SessionCarrier) throws {
        let network = HandshakeNetwork(seed: 1)
        let attempt = network.initiate(0, to: 1, over: carrier)
        network.run(for: .seconds(1))
        #expect(network.agree(0, 1, over: carrier))
        let session = try #require(network.nodes[0].established[attempt])
        #expect(session.isInitiator)
        #expect(session.peer == network.nodes[1].key)
        #expect(session.capabilities == [.sessions])
        #expect(!session.isRekey)
        #expect(session.carrierMTU == (carrier == .endToEnd ? 1400 : 1452))
        #expect(session.udpPort == (carrier == .endToEnd ? 0 : 9651))
        #expect(session.tcpPort == (carrier == .endToEnd ? 0 : 9652))
        #expect(session.reflexive == (carrier == .datagram ? network.nodes[0].address : nil))
        #expect(network.nodes[0].failures.isEmpty)
        #expect(network.nodes[0].engine.occupancy.attempts == 0)
        #expect(network.nodes[1].engine.occupancy.halfInitiations == 0)
    }
}
