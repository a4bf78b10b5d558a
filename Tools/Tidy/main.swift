// SPDX-License-Identifier: Apache-2.0

import Foundation
import HyphaTidy

let arguments = CommandLine.arguments.dropFirst()
guard arguments.isEmpty || (arguments.count == 2 && arguments.first == "--manifest") else {
    print("usage: tidy [--manifest FILE]   FILE: what `swift package dump-package` printed")
    exit(2)
}
do {
    let violations = try Repository(manifest: arguments.dropFirst().first).check()
    for violation in violations { print(violation) }
    print("tidy: \(violations.count) problems")
    exit(violations.isEmpty ? 0 : 1)
} catch {
    print("tidy: \(error)")
    exit(1)
}
