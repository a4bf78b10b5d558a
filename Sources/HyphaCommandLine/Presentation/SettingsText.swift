// SPDX-License-Identifier: Apache-2.0
package import HyphaControl

/// What `hypha config` and `hypha inspect` print.
package enum SettingsText {
    /// Every setting with value and source.
    ///
    /// - Parameters:
    ///   - settings: In the order of the schema.
    ///   - style: Marks for the terminal.
    /// - Returns: Lines ending in a line feed.
    package static func render(_ settings: [EffectiveSetting], style: TextStyle) -> String {
        var table = TextTable([("KEY", .left), ("VALUE", .left), ("SOURCE", .left)])
        for setting in settings {
            table.add([setting.key, text(setting.value), setting.source])
        }
        return table.lines(style: style).joined(separator: "\n") + "\n"
    }

    /// Every problem with its place and remedy.
    ///
    /// - Parameters:
    ///   - problems: At least one.
    ///   - style: Marks for the terminal.
    /// - Returns: Lines ending in a line feed.
    package static func render(_ problems: ConfigurationProblems, style: TextStyle) -> String {
        problems.problems.map { problem in
            let key = problem.key.isEmpty ? "" : "\(problem.key): "
            return style.bold("\(problem.source.text): ") + style.red(key + problem.message)
                + "\n  \(problem.remedy)\n"
        }.joined()
    }

    /// A warning of the configuration.
    package static func text(_ warning: ConfigurationWarning) -> String {
        switch warning {
        case .unknownVariable(let name, let nearest):
            "the variable \(name) has no meaning; did you mean \(nearest)?"
        case .duplicatePeer(let url): "the peer \(url) is named twice; it is dialled once"
        }
    }

    /// Key, address and subnet.
    package static func render(_ identity: IdentityAnswer) -> String {
        """
        Public key  \(identity.publicKey)
        Address     \(identity.address)
        Subnet      \(identity.subnet)

        """
    }

    /// What `config check` says when there is nothing wrong.
    ///
    /// - Parameter path: The file, or `nil` when there is none.
    /// - Returns: A line with its line feed.
    package static func valid(path: String?) -> String {
        path.map { "\($0): nothing wrong.\n" }
            ?? "There is no configuration file; defaults apply.\n"
    }

    /// What `key generate` prints.
    ///
    /// - Parameters:
    ///   - identity: The new key's.
    ///   - path: Where it was written.
    /// - Returns: Lines ending in a line feed.
    package static func generated(_ identity: IdentityAnswer, path: String) -> String {
        "Key file    \(path)\n" + render(identity)
    }

    private static func text(_ value: SettingValue) -> String {
        switch value {
        case .text(let text): text.isEmpty ? "(none)" : text
        case .boolean(let isOn): isOn ? "true" : "false"
        case .list(let items): items.isEmpty ? "(empty)" : items.joined(separator: " ")
        }
    }
}
