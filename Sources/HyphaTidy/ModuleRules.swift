// SPDX-License-Identifier: Apache-2.0

/// Which module may use which: the layers of `Docs/style.md`.
package enum ModuleRules {
    /// What each module below the I/O line may import and depend on.
    package static let pureModules: [String: Set<String>] = [
        "HyphaBytes": [],
        "HyphaPrimitives": [],
        "HyphaBase": ["HyphaPrimitives"],
        "HyphaWire": ["HyphaBase", "HyphaBytes"],
        "HyphaRouting": ["HyphaBase", "HyphaWire"],
        "HyphaSession": ["HyphaBase", "HyphaBytes", "HyphaWire"],
        "HyphaLink": ["HyphaBase", "HyphaBytes", "HyphaWire", "HyphaSession"],
        "HyphaPeering": ["HyphaBase", "HyphaWire"],
        "HyphaForwarding": ["HyphaBase", "HyphaBytes", "HyphaWire"],
        "HyphaNode": [
            "HyphaBase", "HyphaBytes", "HyphaWire", "HyphaRouting", "HyphaSession", "HyphaLink",
            "HyphaPeering", "HyphaForwarding",
        ],
        "HyphaControl": ["HyphaBase"],
        "HyphaCommandLine": ["HyphaControl", "HyphaBase"],
        "HyphaFakes": ["HyphaBase", "HyphaBytes", "HyphaWire", "HyphaSession", "HyphaLink"],
        "HyphaSimulation": [
            "HyphaBase", "HyphaWire", "HyphaRouting", "HyphaPeering", "HyphaNode",
        ],
    ]

    /// The modules at the machine's edge; they may use what is below the line, and each other as listed.
    package static let edgeModules: [String: Set<String>] = [
        "HyphaCrypto": ["CHyphaCrypto"],
        "HyphaLinux": ["CHyphaLinux", "CHyphaNetlink"],
        "HyphaDataPlane": ["HyphaLinux", "HyphaCrypto"],
        "HyphaDaemon": ["HyphaLinux", "HyphaCrypto", "HyphaDataPlane", "CHyphaTOML"],
        "HyphaLab": ["HyphaLinux"],
    ]

    /// Imports of pure modules that the table does not allow.
    package static func checkImports(_ source: SourceText) -> [Violation] {
        guard let module = module(of: source.path), let allowed = pureModules[module] else {
            return []
        }
        return source.lines.enumerated().compactMap { index, line in
            guard let name = importedModule(line.code), !allowed.contains(name) else { return nil }
            return Violation(
                source.path,
                line: index + 1,
                rule: "import",
                "\(module) must not import \(name): \(reason(for: name))"
            )
        }
    }

    /// Edges of the target graph that the table does not allow.
    package static func checkGraph(_ targets: [ManifestTarget]) -> [Violation] {
        targets.flatMap { target -> [Violation] in
            let forbidden: [String]
            if let allowed = pureModules[target.name] {
                forbidden = target.dependencies.filter { !allowed.contains($0) }
            } else if let allowed = edgeModules[target.name] {
                forbidden = target.dependencies.filter {
                    !allowed.contains($0) && pureModules[$0] == nil
                }
            } else if target.isSystemLibrary {
                forbidden = target.dependencies
            } else {
                forbidden = []
            }
            return forbidden.map { name in
                Violation(
                    "Package.swift",
                    rule: "target-edge",
                    "\(target.name) must not depend on \(name): \(reason(for: name))"
                )
            }
        }
    }

    /// The module that a source file belongs to, or `nil` outside `Sources`.
    package static func module(of path: String) -> String? {
        let parts = path.split(separator: "/")
        return parts.count > 2 && parts[0] == "Sources" ? String(parts[1]) : nil
    }

    /// Whether a file lies below the I/O line.
    package static func isPure(_ path: String) -> Bool {
        module(of: path).map { pureModules[$0] != nil } ?? false
    }

    /// The module named by an import line, or `nil`.
    package static func importedModule(_ code: CodeText) -> String? {
        guard code.contains(word: "import") else { return nil }
        var words = code.trimmed.split(separator: " ").map(String.init)
        let modifiers: Set<String> = [
            "public", "package", "internal", "fileprivate", "private", "@_exported", "@testable",
            "@preconcurrency",
        ]
        while let first = words.first, modifiers.contains(first) { words.removeFirst() }
        guard words.first == "import" else { return nil }
        words.removeFirst()
        let kinds: Set<String> = ["struct", "class", "enum", "protocol", "func", "var", "let"]
        if let first = words.first, kinds.contains(first) { words.removeFirst() }
        return words.first.map { String($0.prefix { $0 != "." }) }
    }

    private static func reason(for name: String) -> String {
        switch name {
        case "Glibc", "Musl": "below the I/O line nothing touches the machine"
        case "Dispatch", "Synchronization": "engines have no threads; the driver owns concurrency"
        case _ where name.hasPrefix("Foundation"):
            "Foundation brings clocks, files and 7 MB into a router's core"
        case _ where name.hasPrefix("C"): "C is reached through one edge module each"
        case _ where edgeModules[name] != nil: "arrows point down; edges stay above the I/O line"
        case "hypha": "a program is called by people, not by modules"
        default: "the layer table in Docs/style.md has no such arrow"
        }
    }
}

/// A target as `swift package dump-package` describes it.
package struct ManifestTarget: Sendable {
    /// Name of the target.
    package let name: String
    /// Names of the targets it depends on.
    package let dependencies: [String]
    /// Whether it is only a module map.
    package let isSystemLibrary: Bool
    /// Whether it is a test target.
    package let isTest: Bool

    /// Makes a target.
    package init(
        name: String,
        dependencies: [String],
        isSystemLibrary: Bool = false,
        isTest: Bool = false
    ) {
        self.name = name
        self.dependencies = dependencies
        self.isSystemLibrary = isSystemLibrary
        self.isTest = isTest
    }
}
