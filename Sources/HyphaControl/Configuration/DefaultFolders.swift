// SPDX-License-Identifier: Apache-2.0

/// Folders that apply when nothing is said: the system's for root and for services, a user's own
/// otherwise.
///
/// Sources: systemd.exec(5) for `STATE_DIRECTORY` and `RUNTIME_DIRECTORY` (colon-separated lists),
/// the XDG Base Directory Specification for the `XDG_` variables (relative ones are ignored).
package struct DefaultFolders: Hashable, Sendable {
    /// Where state is kept; `nil` for a user without home.
    package let state: String?
    /// Where the control socket is put; `nil` where it belongs into the state folder.
    package let runtime: String?
    /// The configuration file; `nil` for a user without home.
    package let configFile: String?

    /// The control socket of the installed service.
    package static let systemControlSocket = "/run/hypha/control.sock"
    /// Name of the control socket in its folder.
    package static let controlSocketName = "control.sock"
    /// Name of the key file in the state folder.
    package static let keyFileName = "key"

    /// - Parameter inputs: Environment and user.
    package init(_ inputs: ConfigurationInputs) {
        func absolute(_ name: String) -> String? {
            inputs.variable(name).flatMap { $0.hasPrefix("/") ? $0 : nil }
        }
        func managed(_ name: String) -> String? {
            absolute(name).flatMap { $0.split(separator: ":").first.map(String.init) }
        }
        let home = absolute("HOME")
        func personal(_ variable: String, _ fallback: String) -> String? {
            (absolute(variable) ?? home.map { Self.join($0, fallback) })
                .map { Self.join($0, "hypha") }
        }
        let ownState = inputs.isRoot ? "/var/lib/hypha" : personal("XDG_STATE_HOME", ".local/state")
        let ownRuntime =
            inputs.isRoot
            ? "/run/hypha" : absolute("XDG_RUNTIME_DIR").map { Self.join($0, "hypha") }
        state = managed("STATE_DIRECTORY") ?? ownState
        runtime = managed("RUNTIME_DIRECTORY") ?? ownRuntime
        // The service runs as its own user, and its file is still the system's.
        let isService = managed("STATE_DIRECTORY") != nil
        configFile =
            inputs.isRoot || isService
            ? "/etc/hypha/hypha.toml"
            : personal("XDG_CONFIG_HOME", ".config").map { Self.join($0, "hypha.toml") }
    }

    /// Where a node's control socket may be when nobody says: the user's own first, then that of
    /// the installed service.
    package static func controlSocketCandidates(_ inputs: ConfigurationInputs) -> [String] {
        let folders = DefaultFolders(inputs)
        let own = (folders.runtime ?? folders.state).map { join($0, controlSocketName) }
        return ([own].compactMap { $0 } + [systemControlSocket])
            .reduce(into: []) { all, path in if !all.contains(path) { all.append(path) } }
    }

    /// `name` in `folder`.
    package static func join(_ folder: String, _ name: String) -> String {
        folder.hasSuffix("/") ? folder + name : folder + "/" + name
    }
}
