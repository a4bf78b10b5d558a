// SPDX-License-Identifier: Apache-2.0

import Foundation
import HyphaLab

let usage = """
    usage: hypha-lab demo      four nodes on this host, a link that dies, the way around it
    HYPHA names the program. Needs root or user namespaces; run it in Tools/sandbox.sh, so that
    the kernel takes everything down with it.
    """

guard CommandLine.arguments.dropFirst() == ["demo"] else {
    print(usage)
    exit(2)
}
do {
    try Demo().run()
} catch {
    print("hypha-lab: \(error)")
    exit(1)
}
