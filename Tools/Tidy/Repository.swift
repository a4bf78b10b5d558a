// SPDX-License-Identifier: Apache-2.0

import Foundation
import HyphaTidy

/// The files that git knows, and the rules that look at all of them.
struct Repository {
    private let paths: [String]
    private let targets: [ManifestTarget]

    /// Lists the files of the repository that the current folder is the top of.
    init(manifest: String?) throws {
        let git = Process()
        git.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        git.arguments = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
        let output = Pipe()
        git.standardOutput = output
        try git.run()
        let listing = output.fileHandleForReading.readDataToEndOfFile()
        git.waitUntilExit()
        let names = String(decoding: listing, as: UTF8.self).split(separator: "\n").map(String.init)
        // A file that was deleted and not yet committed is still listed.
        paths = Set(names).filter { FileManager.default.fileExists(atPath: $0) }.sorted()
        targets = try manifest.map(Self.targets) ?? []
    }

    /// Everything that is wrong, by file.
    func check() throws -> [Violation] {
        var found: [Violation] = []
        for path in paths {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: path)).count
            found += Shape.check(path: path, byteCount: bytes)
            if Shape.needsLicence(path) {
                found += Shape.checkLicence(path: path, text: text(path))
            }
        }
        found += checkSources() + checkDocuments()
        found += ModuleRules.checkGraph(targets)
        if !targets.isEmpty {
            found += Shape.checkTargets(targets, architecture: text("Docs/architecture.md"))
        }
        return found.sorted { ($0.file, $0.line, $0.rule) < ($1.file, $1.line, $1.rule) }
    }

    private func checkSources() -> [Violation] {
        let endings = [".swift", ".c", ".h", ".cpp"]
        let folders = ["Sources/", "Tests/", "Tools/"]
        let sources = paths.filter { path in
            endings.contains { path.hasSuffix($0) } && folders.contains { path.hasPrefix($0) }
        }.map { SourceText(path: $0, content: text($0)) }
        let unsafeUse = UnsafeUse(
            allowlist: Set(UnsafeUse.paths(in: text("Tools/Tidy/unsafe-allowlist.txt")))
        )
        let roadmap = text("Docs/roadmap.md")
        var found: [Violation] = []
        for source in sources {
            found += Lengths.check(source) + ModuleRules.checkImports(source)
            found += BannedCalls.check(source) + Comments.checkDocumented(source)
            found += Comments.checkWords(source, roadmap: roadmap)
            if !source.path.hasPrefix("Tests/") { found += unsafeUse.check(source) }
        }
        return found + unsafeUse.checkUnused(sources)
            + Ratchets(text: text("Tools/Tidy/ratchets.txt")).check(sources)
    }

    private func checkDocuments() -> [Violation] {
        paths.filter { $0.hasSuffix(".md") }.flatMap { path in
            Markdown.check(
                path: path,
                text: text(path),
                exists: { FileManager.default.fileExists(atPath: $0) },
                contents: { $0.hasSuffix(".md") ? text($0) : nil }
            )
        }
    }

    private func text(_ path: String) -> String {
        guard let data = FileManager.default.contents(atPath: path) else { return "" }
        return String(decoding: data, as: UTF8.self)
    }

    // MARK: - Manifest

    private struct Manifest: Decodable {
        struct Target: Decodable {
            let name: String
            let type: String
            let dependencies: [Dependency]
        }
        struct Dependency: Decodable {
            let byName: [String?]?
            let target: [Target?]?

            struct Target: Decodable {
                let name: String?
                init(from decoder: any Decoder) throws {
                    // A condition, an object, may follow the name.
                    name = try? decoder.singleValueContainer().decode(String.self)
                }
            }
            var name: String? {
                byName?.first.flatMap(\.self) ?? target?.first.flatMap(\.self)?.name
            }
        }
        let targets: [Target]
    }

    private static func targets(_ path: String) throws -> [ManifestTarget] {
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        return try JSONDecoder().decode(Manifest.self, from: data).targets.map { target in
            ManifestTarget(
                name: target.name,
                dependencies: target.dependencies.compactMap(\.name),
                isSystemLibrary: target.type == "system-target" || target.type == "system",
                isTest: target.type == "test"
            )
        }
    }
}
