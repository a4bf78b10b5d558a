// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaCommandLine
import HyphaControl
import HyphaDaemon

/// What reads text from outside: it must neither trap nor contradict itself.
///
/// The seeds in `Corpus` begin with the index of their subject. New ones go to the end of the list.
struct Subject: Sendable {
    let name: String
    let run: @Sendable ([UInt8]) -> Void

    static let all: [Subject] = [
        Subject(name: "control line", run: controlLine),
        Subject(name: "control stream", run: controlStream),
        Subject(name: "configuration file", run: configurationFile),
        Subject(name: "environment and flags", run: environmentAndFlags),
        Subject(name: "command line", run: commandLine),
        Subject(name: "reply", run: reply),
    ]

    /// Every line is answered in one line, or not at all where it is blank or a notification.
    private static func controlLine(_ bytes: [UInt8]) {
        let answer = ControlCodec.answer(line: bytes) { request throws(ControlError) in
            guard request != .status else { throw .stopping }
            return .configuration(ConfigurationAnswer([]))
        }
        guard let answer else { return }
        invariant(answer.last == UInt8(ascii: "\n"), "an answer ends its line")
        invariant(!answer.dropLast().contains(UInt8(ascii: "\n")), "an answer is one line")
    }

    /// A stream gives the same lines however it is cut; the first byte tells the size of the parts.
    private static func controlStream(_ bytes: [UInt8]) {
        guard let size = bytes.first else { return }
        let whole = Array(bytes.dropFirst())
        invariant(
            lines(whole, partBytes: max(1, Int(size)))
                == lines(whole, partBytes: max(1, whole.count)),
            "the lines do not depend on the parts"
        )
    }

    /// The lines up to the first that is too long, and whether there is one.
    private static func lines(_ bytes: [UInt8], partBytes: Int) -> [[UInt8]] {
        var framer = LineFramer(ceiling: 16)
        var lines: [[UInt8]] = []
        var offset = 0
        while offset < bytes.count {
            let part = Array(bytes[offset..<min(offset + partBytes, bytes.count)])
            offset += part.count
            framer.append(part.span)
            do throws(LineFramer.LineTooLong) {
                while let line = try framer.next() { lines.append(line) }
            } catch {
                return lines + [[]] + [[]]
            }
        }
        return lines
    }

    /// What is accepted is accepted again with the same result.
    private static func configurationFile(_ bytes: [UInt8]) {
        guard let entries = try? ConfigurationFile.entries(bytes, path: "f") else { return }
        invariant(entries.count <= Limits.configurationEntriesMax, "entries have a ceiling")
        let content = ConfigurationFileContent(path: "f", entries: entries)
        resolve(ConfigurationInputs(isRoot: true), content)
    }

    /// `NAME=VALUE` lines; a name that is a setting's key sets its flag.
    private static func environmentAndFlags(_ bytes: [UInt8]) {
        var inputs = ConfigurationInputs(isRoot: bytes.count.isMultiple(of: 2))
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { continue }
            if let key = ConfigurationKey(rawValue: parts[0]) {
                inputs.flags[key, default: []].append(parts[1])
            } else {
                inputs.environment[parts[0]] = parts[1]
            }
        }
        _ = DefaultFolders.controlSocketCandidates(inputs)
        resolve(inputs, nil)
    }

    private static func resolve(_ inputs: ConfigurationInputs, _ file: ConfigurationFileContent?) {
        do throws(ConfigurationProblems) {
            let settings = try NodeSettings.resolve(inputs, file: file)
            invariant(
                settings.controlSocket.utf8.count <= Limits.socketPathBytesMax,
                "the socket's path fits"
            )
            invariant(settings.peers.count <= Limits.configuredPeersMax, "peers have a ceiling")
            invariant(settings.peers.allSatisfy { $0.port != 0 }, "peers have ports")
            invariant(
                settings.effective.count == ConfigurationKey.allCases.count,
                "every setting has a value"
            )
            _ = SettingsText.render(settings.effective, style: .plain)
        } catch {
            invariant(!error.problems.isEmpty, "a refusal has a reason")
            _ = SettingsText.render(error, style: .plain)
        }
    }

    /// Words separated by zero bytes.
    private static func commandLine(_ bytes: [UInt8]) {
        let words = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        do throws(UsageError) {
            switch try CommandParser.parse(words, root: HyphaCommand.root) {
            case .help(let path): _ = HelpText.render(path: path, root: HyphaCommand.root)
            case .version: break
            case .invocation(let invocation):
                invariant(HyphaCommand.Path(invocation.path) != nil, "every command has a name")
                _ = HyphaCommand.flags(of: invocation)
            }
        } catch {
            _ = FailureText(error).render(style: .plain)
        }
    }

    /// A client shows whatever a daemon may answer.
    private static func reply(_ bytes: [UInt8]) {
        if case .success(let status)? = try? ControlCodec.decode(bytes, as: StatusAnswer.self) {
            _ = StatusText.render(status, style: .plain)
        }
        if case .success(let peers)? = try? ControlCodec.decode(bytes, as: PeersAnswer.self) {
            _ = PeersText.render(peers, style: .plain)
        }
        if case .success(let answer)? = try? ControlCodec.decode(bytes, as: RoutesAnswer.self) {
            _ = RoutesText.render(title: "selected", routes: answer.routes, style: .plain)
        }
        if case .success(let answer)? = try? ControlCodec.decode(bytes, as: SessionsAnswer.self) {
            _ = SessionsText.render(answer.sessions, style: .plain)
        }
        if case .success(let answer)? = try? ControlCodec.decode(bytes, as: WhoisAnswer.self) {
            _ = SessionsText.render(answer, style: .plain)
        }
    }
}
