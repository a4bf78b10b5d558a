// SPDX-License-Identifier: Apache-2.0
import HyphaControl

/// The manual page hypha.toml(5), from the declared settings.
package enum ConfigurationManual {
    /// - Parameter version: Shown in the foot of the page.
    /// - Returns: The page.
    package static func page(version: String) -> ManualPage.Page {
        var out = ManualPage.head(title: "hypha.toml", section: 5, version: version)
        out += ".SH NAME\nhypha.toml \\- configuration of a Hypha node\n"
        out += ".SH DESCRIPTION\n"
        out += paragraphs.map { ManualPage.escape($0) + "\n" }.joined(separator: ".PP\n")
        out += ".SH KEYS\n" + ConfigurationSchema.all.map(entry).joined()
        out += ".SH EXAMPLE\n.EX\n"
        out += example.map { ManualPage.escape($0) + "\n" }.joined()
        out += ".EE\n.SH SEE ALSO\n\\fBhypha\\-run\\fR(1),\n\\fBhypha\\-config\\-check\\fR(1)\n"
        return ManualPage.Page(fileName: "hypha.toml.5", text: out)
    }

    /// A whole file, every key with its meaning, each commented out: what a package installs.
    package static var example: [String] {
        ConfigurationSchema.all.flatMap { declared in
            [
                "# \(declared.summary).", "# Default: \(declared.defaultText)",
                "#\(declared.example)",
            ]
        }
    }

    private static let paragraphs = [
        "The file is TOML. hypha run reads /etc/hypha/hypha.toml, for a user "
            + "$XDG_CONFIG_HOME/hypha/hypha.toml, or what --config names. None of the keys is "
            + "required, and neither is the file. In a key _ may stand for -.",
        HelpText.precedence,
        "An unknown key, a value of another type or a bad URL is an error that names file, line, "
            + "key and remedy; hypha config check finds them without starting a node. Relative "
            + "paths start from the folder in which the node is started.",
    ]

    private static func entry(_ declared: ConfigurationDeclaration) -> String {
        var head = ManualPage.bold(declared.key.rawValue)
        head += " = " + ManualPage.italic(declared.type.name)
        var text = declared.summary + ". " + declared.details
        if declared.type == .enabled {
            text = "With false: \(declared.summary). \(declared.details)"
        }
        if declared.type == .disabled {
            text = "With true: \(declared.summary). \(declared.details)"
        }
        text += " Default: \(declared.defaultText)."
        text += " Flag: \(declared.flag). Variable: \(declared.environment)."
        return ManualPage.term(head, text)
    }
}
