// SPDX-License-Identifier: Apache-2.0
import HyphaSession
import Testing

@Suite struct NoisePatternTests {
    @Test func modifiersMakeOurPattern() {
        let pattern = NoisePattern.ik.withHybridForwardSecrecy().withPreSharedKey(2)
        #expect(pattern.name == "IKhfs+psk2")
        #expect(
            pattern.messages == [
                [.e, .dh(.es), .e1, .s, .dh(.ss)],
                [.e, .dh(.ee), .ekem1, .dh(.se), .psk],
            ]
        )
        #expect(pattern.isHybrid && pattern.hasPreSharedKey && pattern.isResponderKnown)
    }

    @Test func theEncapsulationKeyFollowsTheFirstAgreement() {
        let xx = NoisePattern.xx.withHybridForwardSecrecy()
        #expect(xx.name == "XXhfs")
        #expect(
            xx.messages == [
                [.e, .e1], [.e, .dh(.ee), .ekem1, .s, .dh(.es)], [.s, .dh(.se)],
            ]
        )
        let nk = NoisePattern.nk.withHybridForwardSecrecy()
        #expect(nk.messages == [[.e, .dh(.es), .e1], [.e, .dh(.ee), .ekem1]])
        #expect(!NoisePattern.nk.isHybrid)
    }

    @Test func preSharedKeysComeFirstOrLast() {
        #expect(NoisePattern.ik.withPreSharedKey(0).messages[0].first == .psk)
        #expect(NoisePattern.ik.withPreSharedKey(1).messages[0].last == .psk)
        #expect(NoisePattern.ik.withPreSharedKey(2).messages[1].last == .psk)
        #expect(NoisePattern.ik.withPreSharedKey(0).withPreSharedKey(2).name == "IKpsk0+psk2")
        let first = NoisePattern.nk.withPreSharedKey(0).withHybridForwardSecrecy()
        #expect(first.name == "NKpsk0+hfs")
        #expect(first.messages[0] == [.psk, .e, .dh(.es), .e1])
        #expect(!NoisePattern.ik.hasPreSharedKey)
    }

    @Test func prologuesAreAsTheProtocolSays() {
        #expect(SessionScope.link.prologue(networkName: []) == Array("hypha link 1".utf8) + [0])
        #expect(
            SessionScope.endToEnd.prologue(networkName: Array("home".utf8))
                == Array("hypha session 1".utf8) + [4] + Array("home".utf8)
        )
    }
}
