// SPDX-License-Identifier: Apache-2.0
import HyphaCommandLine
import HyphaControl
import HyphaDaemon

/// `run` and the commands about its configuration.
enum ConfigurationCommands {
    static func run(_ invocation: Invocation) throws(ProgramFailure) {
        let settings = try settings(invocation)
        let outcome: Daemon.Outcome
        do throws(StartFailure) {
            outcome = try Daemon.run(settings: settings)
        } catch {
            throw .text(FailureText(error, reason: Surroundings.reason), .failed)
        }
        guard outcome == .stopped else { throw .text(.nodeLost, .failed) }
    }

    static func settings(_ invocation: Invocation) throws(ProgramFailure) -> NodeSettings {
        do throws(ConfigurationProblems) {
            return try ConfigurationFile.settings(Surroundings.inputs(invocation))
        } catch {
            throw .configuration(error)
        }
    }

    /// What `config check --json` prints.
    private struct Report: Encodable {
        let file: String?
        let isValid: Bool
        let problems: [Problem]

        struct Problem: Encodable {
            let place: String
            let key: String
            let message: String
            let remedy: String
        }
    }

    static func check(_ invocation: Invocation) throws(ProgramFailure) {
        var inputs = Surroundings.inputs(invocation)
        inputs.configFlag = invocation.arguments.first
        let path = inputs.configFile.path
        // Where the file is depends on the environment; what stands in it does not.
        let alone = ConfigurationInputs(isRoot: true)
        var found: String?
        var problems: ConfigurationProblems?
        do throws(ConfigurationProblems) {
            let content = try path.flatMap { path throws(ConfigurationProblems) in
                try ConfigurationFile.read(path, namedBy: inputs.configFile.source)
            }
            found = content?.path
            if content == nil, let path, inputs.configFile.isRequired {
                throw ConfigurationProblems(
                    source: .file(path: path, line: 0, column: 0),
                    kind: .missing(path: path)
                )
            }
            _ = try NodeSettings.resolve(alone, file: content)
        } catch {
            problems = error
        }
        guard invocation.has("json") else {
            if let problems { throw .configuration(problems) }
            Terminal.output.write(SettingsText.valid(path: found))
            return
        }
        let report = Report(
            file: path,
            isValid: problems == nil,
            problems: (problems?.problems ?? []).map {
                Report.Problem(
                    place: $0.source.text,
                    key: $0.key,
                    message: $0.message,
                    remedy: $0.remedy
                )
            }
        )
        Terminal.show(report, invocation) { _ in "" }
        if let problems { throw .configuration(problems) }
    }

    static func show(_ invocation: Invocation) throws(ProgramFailure) {
        let answer: ConfigurationAnswer
        if invocation.has("running") {
            var client = try ControlClient(invocation)
            answer = try client.ask(.configShow, as: ConfigurationAnswer.self)
        } else {
            let settings = try settings(invocation)
            for warning in settings.warnings {
                let text = FailureText(SettingsText.text(warning), remedies: [])
                Terminal.error.write(text.render(style: Terminal.error.style))
            }
            answer = ConfigurationAnswer(settings.effective)
        }
        Terminal.show(answer, invocation) { SettingsText.render(answer.settings, style: $0) }
    }
}
