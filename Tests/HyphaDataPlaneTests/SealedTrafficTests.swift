// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaDataPlane
import HyphaLink
import HyphaSession
import HyphaWire
import Testing

/// The word that a link carries something, for which nobody has to ask again and again.
@Suite struct SealedTrafficTests {
    private func words(_ node: inout SealedNode) -> Int {
        let link = node.link
        return node.node.takeCarrierEvents().count {
            if case .traffic(link) = $0 { true } else { false }
        }
    }

    private func send(_ node: inout SealedNode) { node.node.sendFromHost(node.outgoing(100)) }

    private func receive(_ node: inout SealedNode) {
        node.receive([node.peer.direct(node.incoming(100))])
    }

    @Test(arguments: [CarrierKind.datagram, .stream])
    func theFirstFrameOfDataIsToldOnceEachTimeItIsAskedFor(carrier: CarrierKind) throws {
        var node = try SealedNode(carrier)
        send(&node)
        receive(&node)
        #expect(words(&node) == 0, "nobody has asked")
        node.node.perform(.watch(node.link))
        #expect(words(&node) == 0, "what was before does not count")
        send(&node)
        #expect(words(&node) == 1)
        send(&node)
        receive(&node)
        #expect(words(&node) == 0)
        node.node.perform(.watch(node.link))
        receive(&node)
        #expect(words(&node) == 1)
        receive(&node)
        #expect(words(&node) == 0)
    }

    @Test(arguments: [CarrierKind.datagram, .stream])
    func whatTheLinkSaysForItselfIsNoTraffic(carrier: CarrierKind) throws {
        var node = try SealedNode(carrier)
        node.node.perform(.watch(node.link))
        let probe = LivenessContent(.probe, token: 1).encoded()
        let command = CarrierCommand.send(
            node.link,
            nil,
            .liveness,
            content: probe,
            padTo: nil,
            to: nil
        )
        node.node.perform(command)
        node.receive([node.peer.frame(.liveness, probe)])
        #expect(words(&node) == 0)
        send(&node)
        #expect(words(&node) == 1)
    }
}
