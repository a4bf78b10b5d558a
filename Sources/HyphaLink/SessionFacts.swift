// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaSession

/// What is kept of an established session; its keys are the packet path's.
struct SessionFacts {
    let session: SessionIndex
    let link: LinkID
    let kind: CarrierKind
    let path: HandshakePath
    let peer: PublicKey
    let isInitiator: Bool
    let dial: DialToken?
    let capabilities: Capabilities
    let carrierMTU: UInt16
    let udpPort: UInt16
    let tcpPort: UInt16
    let reflexive: SocketAddress?

    func moved(to link: LinkID) -> SessionFacts {
        SessionFacts(
            session: session,
            link: link,
            kind: kind,
            path: path,
            peer: peer,
            isInitiator: isInitiator,
            dial: dial,
            capabilities: capabilities,
            carrierMTU: carrierMTU,
            udpPort: udpPort,
            tcpPort: tcpPort,
            reflexive: reflexive
        )
    }
}

/// What a handshake attempt is for.
enum AttemptPurpose {
    case stream(LinkID)
    case datagram(LinkID)
    case dial(DialToken)
    /// Looking for the node of this key.
    case probe(DialToken, PublicKey)

    /// The dial that waits for it.
    var dial: DialToken? {
        switch self {
        case .dial(let token), .probe(let token, _): token
        case .stream, .datagram: nil
        }
    }
}
