// SPDX-License-Identifier: Apache-2.0
import CHyphaLinux
import HyphaBytes

/// Per-interface IPv6 settings under /proc/sys.
package enum InterfaceSettings {
    /// Makes the kernel leave an interface alone: no router advertisements or solicitations, no
    /// addresses of its own making, no duplicate detection.
    ///
    /// What cannot be written, as where /proc/sys is read-only, stays as it is.
    ///
    /// - Parameter name: The interface's name.
    /// - Returns: Settings that could not be written, by name; an empty list is full success.
    @discardableResult
    package static func disableAutoconfiguration(interface name: String) -> [String] {
        let wanted = [
            ("accept_ra", "0"), ("autoconf", "0"), ("router_solicitations", "0"),
            ("accept_dad", "0"), ("dad_transmits", "0"), ("addr_gen_mode", "1"),
        ]
        guard !name.contains("/") else { return wanted.map(\.0) }
        return wanted.compactMap { setting, value in
            let path = "/proc/sys/net/ipv6/conf/\(name)/\(setting)"
            return write(value, to: path) ? nil : setting
        }
    }

    private static func write(_ value: String, to path: String) -> Bool {
        guard !path.utf8.contains(0) else { return false }
        // Safe: the text lives for the call.
        let number = unsafe hypha_open_file(path, 1)
        guard number >= 0 else { return false }
        let file = Descriptor(adopting: number)
        let bytes = Array(value.utf8)
        return file.write(bytes.span) == .count(bytes.count)
    }
}
