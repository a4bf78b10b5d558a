// SPDX-License-Identifier: Apache-2.0
import Glibc
import HyphaCommandLine
import HyphaControl

/// The program: parses its command line and makes one call into a library.
@main
enum Hypha {
    static func main() {
        exit(run(Array(CommandLine.arguments.dropFirst())).rawValue)
    }

    /// Runs one command line.
    private static func run(_ words: [String]) -> ExitCode {
        let parsed: ParsedCommandLine
        do throws(UsageError) {
            parsed = try CommandParser.parse(words, root: HyphaCommand.root)
        } catch {
            Terminal.error.write(FailureText(error).render(style: Terminal.error.style))
            return .wrongUsage
        }
        switch parsed {
        case .version:
            Terminal.output.write("hypha \(HyphaVersion.text)\n")
            return .done
        case .help(let path):
            Terminal.output.write(HelpText.render(path: path, root: HyphaCommand.root))
            return .done
        case .invocation(let invocation):
            do throws(ProgramFailure) {
                try perform(invocation)
                return .done
            } catch {
                Terminal.error.write(error.render(style: Terminal.error.style))
                return error.code
            }
        }
    }

    private static func perform(_ invocation: Invocation) throws(ProgramFailure) {
        guard let path = HyphaCommand.Path(invocation.path) else { return }
        switch path {
        case .run: try ConfigurationCommands.run(invocation)
        case .configCheck: try ConfigurationCommands.check(invocation)
        case .configShow: try ConfigurationCommands.show(invocation)
        case .inspect: try KeyCommands.inspect(invocation)
        case .keyGenerate: try KeyCommands.generate(invocation)
        case .status: try QueryCommands.status(invocation)
        case .peersList: try QueryCommands.listPeers(invocation)
        case .peersAdd: try QueryCommands.changePeer(invocation, isAdded: true)
        case .peersRemove: try QueryCommands.changePeer(invocation, isAdded: false)
        case .peersForget: try QueryCommands.forgetPeer(invocation)
        case .sessions: try QueryCommands.sessions(invocation)
        case .whois: try QueryCommands.whois(invocation)
        case .routes: try QueryCommands.routes(invocation)
        case .generateMan: try GenerateCommands.manual(invocation)
        case .generateCompletions: GenerateCommands.completions(invocation)
        case .generateConfig:
            Terminal.output.write(ConfigurationManual.example.joined(separator: "\n") + "\n")
        }
    }
}
