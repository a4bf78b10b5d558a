// SPDX-License-Identifier: Apache-2.0
package import HyphaControl

/// An error as a person reads it: what is wrong, and below it what to do.
package struct FailureText: Hashable, Sendable {
    /// One line.
    package let message: String
    /// One or more ways out, a line each.
    package let remedies: [String]

    /// - Parameters:
    ///   - message: One line.
    ///   - remedies: Ways out, a line each.
    package init(_ message: String, remedies: [String]) {
        self.message = message
        self.remedies = remedies
    }

    /// - Parameter style: Marks for the terminal.
    /// - Returns: Lines ending in a line feed, for standard error.
    package func render(style: TextStyle) -> String {
        "hypha: " + style.red(message) + "\n"
            + remedies.map { "  " + $0 + "\n" }.joined()
    }

    /// A wrong command line.
    package init(_ error: UsageError) {
        self.init(error.message, remedies: [error.remedy(program: HyphaCommand.root.name)])
    }

    /// An error that the daemon answered with.
    package init(_ error: ControlError) {
        self.init(error.message, remedies: [error.data?.remedy].compactMap { $0 })
    }

    /// No node answers on any of the sockets.
    package static func noDaemon(paths: [String]) -> FailureText {
        FailureText(
            "no node runs behind \(paths.joined(separator: " or "))",
            remedies: [
                "start it: sudo systemctl start hypha, or sudo hypha run",
                "or name its socket with --control or HYPHA_CONTROL",
            ]
        )
    }

    /// A running node lost something it cannot live without.
    package static var nodeLost: FailureText {
        FailureText(
            "the node stopped because it lost its TUN device or its packet path",
            remedies: ["the last lines of its log say which; start it again"]
        )
    }

    /// The socket may not be opened.
    package static func noAccess(path: String) -> FailureText {
        FailureText(
            "you may not use \(path)",
            remedies: [
                "run the command with sudo, or join the group: "
                    + "sudo usermod --append --groups hypha $USER, then log in again"
            ]
        )
    }

    /// The daemon took too long, or hung up.
    package static func noAnswer(path: String) -> FailureText {
        FailureText(
            "the node behind \(path) does not answer",
            remedies: ["look at its log: journalctl --unit hypha"]
        )
    }

    /// The daemon's answer is none that this program knows.
    package static func strangeAnswer(path: String) -> FailureText {
        FailureText(
            "what answers behind \(path) is no node of this version",
            remedies: ["restart the node after an update: sudo systemctl restart hypha"]
        )
    }

    /// `key generate` where there is a key.
    package static func keyExists(path: String) -> FailureText {
        FailureText(
            "there is a key in \(path) already",
            remedies: ["keep it, or give --force to replace it: its address is then lost for good"]
        )
    }

    /// `inspect --key-file` of a file that does not exist.
    package static func keyMissing(path: String) -> FailureText {
        FailureText(
            "there is no key in \(path)",
            remedies: ["make one: hypha key generate --key-file \(path)"]
        )
    }

    /// `inspect` of something that is no key.
    package static func notAKey(_ text: String) -> FailureText {
        FailureText(
            "`\(text.prefix(80))` is no public key",
            remedies: ["give 64 hexadecimal digits, as `hypha inspect` prints them"]
        )
    }

    /// A word that is no overlay address.
    package static func notAnAddress(_ text: String) -> FailureText {
        FailureText(
            "`\(text.prefix(80))` is no IPv6 address",
            remedies: ["give an overlay address, as `hypha sessions` prints them"]
        )
    }

    /// A word that is no port.
    package static func notAPort(_ text: String) -> FailureText {
        FailureText("`\(text.prefix(80))` is no port", remedies: ["give a number from 1 to 65535"])
    }

    /// Files that could not be written.
    package static func cannotWrite(path: String) -> FailureText {
        FailureText(
            "cannot write to \(path)",
            remedies: ["name a folder that you may write to with --output"]
        )
    }
}
