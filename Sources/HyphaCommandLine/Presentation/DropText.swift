// SPDX-License-Identifier: Apache-2.0

/// What a reason for dropping packets means to an operator.
package enum DropText {
    /// - Parameter name: A counter of ``HyphaControl/StatusAnswer/drops``.
    /// - Returns: What happened and where to look, or `nil` for a reason unknown to this program.
    package static func explanation(of name: String) -> String? {
        switch name {
        case "malformed": "lengths in the packet contradict each other; a neighbour is at fault"
        case "not-ipv6": "this host sent something else than IPv6 into the device"
        case "hop-limit": "too many hops; a few are normal for traceroute"
        case "no-route": "nobody announces the destination; see `hypha routes`"
        case "queue-full": "too many packets waited for a route"
        case "unknown-source": "no route to the source was found, so no key to open the packet"
        case "bad-seal": "not encrypted for this node, or changed on the way"
        case "inner-mismatch": "the sender's address is not that of its key, or not meant for us"
        case "source-not-overlay": "this host sent from an address outside the mesh"
        case "destination-not-overlay": "this host sent to an address outside the mesh"
        case "own-subnet": "sent to an unused address of this host's own subnet"
        case "link-queue-full": "a neighbour takes packets more slowly than they come"
        case "link-gone": "the link died while packets were under way"
        case "key-derivation-limited": "too many new nodes at once"
        case "unknown-user-type": "a payload of a kind that this program does not know"
        case "report-limited": "an error report was left out because there were too many"
        case "bad-report": "an error report that makes no sense"
        case "tun-write-failed": "the kernel refused the packet; see the kernel log"
        case "oversized": "larger than the way takes"
        case "bad-offload": "the kernel's segmentation header contradicts the packet"
        case "unprotected": "base encryption from a node that has sessions; it may be a replay"
        case "no-session": "no session with the destination, and nothing else is allowed"
        case "worker-behind": "more to do for one worker than it could; see --workers"
        case "no-tun": "for this host, which runs without a TUN device"
        default: nil
        }
    }
}
