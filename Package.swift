// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

// MARK: - Compiler settings

/// Every Swift target: language mode 6, no warnings, unsafe code visible.
let house: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableUpcomingFeature("ImmutableWeakCaptures"),
    .enableExperimentalFeature("Lifetimes"),
    .treatAllWarnings(as: .error),
    .treatWarning("DeprecatedDeclaration", as: .warning),
]
/// Per-packet code: the compiler's performance hints are errors.
let hot = house + [.treatWarning("PerformanceHints", as: .error)]

// MARK: - Target helpers: one per layer

func system(_ name: String, _ pkgConfig: String? = nil, apt: String) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([apt])])
}
func shim(
    _ name: String,
    _ dependencies: [Target.Dependency] = [],
    linkedLibraries: [String] = []
) -> Target {
    .target(
        name: name,
        dependencies: dependencies,
        cSettings: [.define("_GNU_SOURCE")],
        linkerSettings: linkedLibraries.map { .linkedLibrary($0) }
    )
}
func pure(
    _ name: String,
    _ dependencies: [Target.Dependency] = [],
    settings: [SwiftSetting] = house
) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}
func edge(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: house)
}
func tool(
    _ name: String,
    _ dependencies: [Target.Dependency] = [],
    path: String? = nil,
    exclude: [String] = []
) -> Target {
    .executableTarget(
        name: name,
        dependencies: dependencies,
        path: path,
        exclude: exclude,
        swiftSettings: house
    )
}
func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: name + "Tests",
        dependencies: [.target(name: name)] + dependencies,
        swiftSettings: house
    )
}

let package = Package(
    name: "hypha",
    products: [
        .executable(name: "hypha", targets: ["hypha"])
    ],
    targets: [
        // C: system headers and shims
        system("CSodium", "libsodium", apt: "libsodium-dev"),
        system("COpenSSL", "libcrypto", apt: "libssl-dev"),
        system("CNetlink", "libnl-route-3.0", apt: "libnl-route-3-dev"),
        system("CURing", "liburing", apt: "liburing-dev"),
        shim("CHyphaCrypto", ["CSodium", "COpenSSL"]),
        shim("CHyphaNetlink", ["CNetlink"]),
        shim("CHyphaLinux", ["CURing"]),
        shim("CHyphaTOML"),

        // Pure core
        pure("HyphaBytes"),
        pure("HyphaPrimitives"),
        pure("HyphaBase", ["HyphaPrimitives"]),
        pure("HyphaWire", ["HyphaBase", "HyphaBytes"]),
        pure("HyphaRouting", ["HyphaBase", "HyphaWire"]),
        pure("HyphaSession", ["HyphaBase", "HyphaBytes", "HyphaWire"]),
        pure("HyphaPeering", ["HyphaBase", "HyphaWire"]),
        pure("HyphaLink", ["HyphaBase", "HyphaBytes", "HyphaWire", "HyphaSession"]),
        pure("HyphaForwarding", ["HyphaBase", "HyphaBytes", "HyphaWire"], settings: hot),
        pure(
            "HyphaNode",
            [
                "HyphaBase", "HyphaBytes", "HyphaWire", "HyphaRouting", "HyphaPeering",
                "HyphaForwarding", "HyphaSession", "HyphaLink",
            ]
        ),
        pure("HyphaControl", ["HyphaBase"]),
        pure("HyphaCommandLine", ["HyphaControl", "HyphaBase"]),

        // Edges
        edge(
            "HyphaCrypto",
            ["CHyphaCrypto", "HyphaBase", "HyphaBytes", "HyphaPrimitives", "HyphaSession"]
        ),
        edge("HyphaLinux", ["CHyphaLinux", "CHyphaNetlink", "HyphaBase", "HyphaBytes"]),
        edge(
            "HyphaDataPlane",
            [
                "HyphaBase", "HyphaBytes", "HyphaWire", "HyphaSession", "HyphaLink",
                "HyphaForwarding", "HyphaLinux", "HyphaCrypto",
            ]
        ),
        edge(
            "HyphaDaemon",
            [
                "HyphaBase", "HyphaBytes", "HyphaWire", "HyphaRouting", "HyphaPeering",
                "HyphaForwarding", "HyphaSession", "HyphaLink", "HyphaNode", "HyphaDataPlane",
                "HyphaLinux", "HyphaCrypto", "HyphaControl",
                "CHyphaTOML",
            ]
        ),

        // Programs
        tool(
            "hypha",
            [
                "HyphaDaemon", "HyphaControl", "HyphaCommandLine", "HyphaBase", "HyphaLinux",
                "HyphaCrypto",
            ]
        ),

        // Test support
        pure(
            "HyphaFakes",
            ["HyphaBase", "HyphaBytes", "HyphaWire", "HyphaSession", "HyphaLink"]
        ),
        pure(
            "HyphaSimulation",
            ["HyphaBase", "HyphaWire", "HyphaRouting", "HyphaPeering", "HyphaNode"]
        ),
        edge("HyphaLab", ["HyphaBase"]),
        shim("CAllocationProbe"),
        edge("HyphaTidy"),

        // Tests: one target per library
        tests("HyphaBytes"),
        tests("HyphaPrimitives"),
        tests("HyphaBase"),
        tests("HyphaWire", ["HyphaBase", "HyphaBytes"]),
        tests("HyphaRouting", ["HyphaBase", "HyphaWire"]),
        tests("HyphaSession", ["HyphaBase", "HyphaBytes", "HyphaWire", "HyphaFakes"]),
        tests(
            "HyphaLink",
            ["HyphaBase", "HyphaBytes", "HyphaWire", "HyphaSession", "HyphaFakes"]
        ),
        tests("HyphaPeering", ["HyphaBase", "HyphaWire"]),
        tests("HyphaForwarding", ["HyphaBase", "HyphaBytes", "HyphaWire", "CAllocationProbe"]),
        tests(
            "HyphaNode",
            [
                "HyphaBase", "HyphaBytes", "HyphaWire", "HyphaRouting", "HyphaPeering",
                "HyphaForwarding", "HyphaSession", "HyphaLink", "HyphaFakes",
            ]
        ),
        tests("HyphaControl", ["HyphaBase"]),
        tests("HyphaCommandLine", ["HyphaControl", "HyphaBase"]),
        tests(
            "HyphaCrypto",
            ["HyphaBase", "HyphaBytes", "HyphaPrimitives", "HyphaSession", "CAllocationProbe"]
        ),
        tests("HyphaLinux", ["HyphaBase", "HyphaBytes"]),
        tests(
            "HyphaDataPlane",
            [
                "HyphaBase", "HyphaBytes", "HyphaWire", "HyphaSession", "HyphaLink",
                "HyphaForwarding", "HyphaLinux", "HyphaCrypto", "CAllocationProbe",
            ]
        ),
        tests(
            "HyphaDaemon",
            ["HyphaBase", "HyphaControl", "HyphaLinux", "HyphaNode", "HyphaSession"]
        ),
        tests("HyphaSimulation", ["HyphaBase", "HyphaWire", "HyphaRouting", "HyphaNode"]),
        tests("HyphaTidy"),
        .testTarget(
            name: "IntegrationTests",
            dependencies: [
                "HyphaLab", "HyphaBase", "HyphaBytes", "HyphaCrypto", "HyphaSession", "HyphaWire",
            ],
            swiftSettings: house
        ),

        // Tools
        .target(name: "FuzzReplay", path: "Tools/FuzzReplay", swiftSettings: house),
        tool(
            "fuzz-control",
            ["FuzzReplay", "HyphaDaemon", "HyphaControl", "HyphaCommandLine", "HyphaBase"],
            path: "Tools/Fuzz/Control",
            exclude: ["Corpus", "seeds.py"]
        ),
        tool(
            "tidy",
            ["HyphaTidy"],
            path: "Tools/Tidy",
            exclude: ["ratchets.txt", "unsafe-allowlist.txt"]
        ),
        tool(
            "hypha-sim",
            ["HyphaSimulation", "HyphaCommandLine", "HyphaBase", "HyphaWire"],
            path: "Tools/Sim"
        ),
        tool("hypha-lab", ["HyphaLab"], path: "Tools/Lab"),
        tool(
            "packet-path",
            [
                "HyphaDataPlane", "HyphaForwarding", "HyphaCrypto", "HyphaLinux", "HyphaBase",
                "HyphaBytes", "HyphaWire", "HyphaLink", "HyphaSession", "CAllocationProbe",
            ],
            path: "Tools/PacketPath"
        ),
        shim("CMemoryCheck"),
        tool("constant-time", ["HyphaPrimitives", "CMemoryCheck"], path: "Tools/ConstantTime"),
        tool("primitive-bench", ["HyphaPrimitives"], path: "Tools/PrimitiveBench"),
        tool(
            "fuzz-wire",
            ["FuzzReplay", "HyphaWire", "HyphaSession", "HyphaBase", "HyphaBytes"],
            path: "Tools/Fuzz/Wire",
            exclude: ["Corpus", "seeds.py"]
        ),
        tool(
            "fuzz-handshake",
            ["FuzzReplay", "HyphaSession", "HyphaWire", "HyphaBase", "HyphaBytes"],
            path: "Tools/Fuzz/Handshake",
            exclude: ["Corpus", "seeds.py"]
        ),
        tool(
            "fuzz-offload",
            ["FuzzReplay", "HyphaForwarding", "HyphaBase", "HyphaBytes"],
            path: "Tools/Fuzz/Offload",
            exclude: ["Corpus", "seeds.py"]
        ),
    ],
    cxxLanguageStandard: .cxx20
)

// `HYPHA_ONLY=HyphaSession,HyphaWire swift build --build-tests` leaves out every target that neither
// these nor their tests need: for work on a few modules.
if let only = Context.environment["HYPHA_ONLY"], !only.isEmpty {
    var wanted = Set(only.split(separator: ",").flatMap { [String($0), "\($0)Tests"] })
    var grown = true
    while grown {
        let before = wanted.count
        for target in package.targets where wanted.contains(target.name) {
            for dependency in target.dependencies {
                if case .targetItem(let name, _) = dependency { wanted.insert(name) }
                if case .byNameItem(let name, _) = dependency { wanted.insert(name) }
            }
        }
        grown = wanted.count > before
    }
    package.targets = package.targets.filter { wanted.contains($0.name) }
    package.products = package.products.filter { wanted.contains($0.name) }
}
