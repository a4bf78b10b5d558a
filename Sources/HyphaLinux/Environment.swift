// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The environment variables of the process; read before threads start.
package enum Environment {
    /// The value of a variable, `nil` when it is not set.
    package static func value(_ name: String) -> String? {
        // Safe: nothing in this process changes the environment; the text is copied at once.
        guard let text = unsafe getenv(name) else { return nil }
        return unsafe String(cString: text)
    }
}
