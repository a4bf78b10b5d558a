// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import Glibc
import HyphaCommandLine
import HyphaControl
import HyphaDaemon
import HyphaLinux

/// One of the process's standard streams.
struct Terminal {
    private let number: Int32

    /// Standard output.
    static let output = Terminal(number: STDOUT_FILENO)
    /// Standard error.
    static let error = Terminal(number: STDERR_FILENO)

    /// Marks that may be written.
    var style: TextStyle {
        TextStyle(isTerminal: isatty(number) == 1, environment: Environment.value)
    }

    func write(_ text: String) { write(Array(text.utf8)) }

    /// Writes all of it; a reader that went away ends the program as the shell expects.
    func write(_ bytes: [UInt8]) {
        var offset = 0
        while offset < bytes.count {
            // Safe: the offset is below the count, and pointer and size belong together.
            let written = unsafe bytes.withUnsafeBytes { bytes in
                unsafe Glibc.write(
                    number,
                    bytes.baseAddress.map { unsafe $0 + offset },
                    bytes.count - offset
                )
            }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { return }
            offset += written
        }
    }

    /// `--json`: the value; otherwise the text.
    static func show(
        _ value: some Encodable,
        _ invocation: Invocation,
        text: (TextStyle) -> String
    ) {
        if invocation.has("json"), let json = try? ControlCodec.pretty(value) {
            output.write(json)
        } else {
            output.write(text(output.style))
        }
    }
}

/// What the process was started with.
enum Surroundings {
    /// The inputs of the configuration.
    ///
    /// - Parameter invocation: Its flags are taken.
    /// - Returns: Flags, environment and user.
    static func inputs(_ invocation: Invocation) -> ConfigurationInputs {
        ConfigurationInputs(
            flags: HyphaCommand.flags(of: invocation),
            configFlag: invocation.value("config"),
            environment: ProcessInfo.processInfo.environment,
            isRoot: geteuid() == 0
        )
    }

    /// The system's text for an error number.
    static func reason(_ number: Int32) -> String {
        // Safe: the program has one thread where it calls this; the text is copied at once.
        guard let text = unsafe strerror(number) else { return "error \(number)" }
        return unsafe String(cString: text)
    }
}
