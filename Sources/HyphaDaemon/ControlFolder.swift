// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The folder of the control socket, which nobody else makes when the node is started by hand.
enum ControlFolder {
    /// Makes the folder of a socket if it is missing: for its owner, and for the group `hypha`
    /// where there is one.
    ///
    /// A folder that cannot be made shows when the socket is opened, with the better message.
    static func make(forSocketAt path: String) {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return }
        let folder = String(path[..<slash])
        // Safe: the path is a C string for the time of each call; the entry is read at once.
        guard unsafe mkdir(folder, 0o750) == 0, let group = unsafe getgrnam("hypha") else {
            return
        }
        let number = unsafe group.pointee.gr_gid
        _ = unsafe chown(folder, uid_t.max, number)
    }
}
