// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import HyphaCommandLine
import HyphaControl

/// Hidden commands for building packages.
enum GenerateCommands {
    static func manual(_ invocation: Invocation) throws(ProgramFailure) {
        let folder = invocation.value("output") ?? "."
        let pages =
            ManualPage.pages(of: HyphaCommand.root, version: HyphaVersion.text)
            + [ConfigurationManual.page(version: HyphaVersion.text)]
        do {
            for page in pages {
                let section = DefaultFolders.join(folder, "man\(page.section)")
                try FileManager.default.createDirectory(
                    atPath: section,
                    withIntermediateDirectories: true
                )
                let path = DefaultFolders.join(section, page.fileName)
                try Data(page.text.utf8).write(to: URL(filePath: path))
            }
        } catch {
            throw .text(.cannotWrite(path: folder), .failed)
        }
    }

    static func completions(_ invocation: Invocation) {
        // The parser admits the names of shells only.
        guard let shell = invocation.arguments.first.flatMap(CompletionScript.Shell.init) else {
            return
        }
        Terminal.output.write(CompletionScript.render(for: shell, root: HyphaCommand.root))
    }
}
