// SPDX-License-Identifier: Apache-2.0
import Foundation
import HyphaBase
import HyphaDaemon
import HyphaSession
import Testing

/// The nodes that were met, over restarts.
@Suite struct MetStoreTests {
    private let folder: String

    init() throws {
        let url = FileManager.default.temporaryDirectory
            .appendingPathComponent("hypha-met-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        folder = url.path
    }

    private func withFile(_ body: (URL) throws -> Void) throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(URL(fileURLWithPath: folder).appendingPathComponent("met"))
    }

    private func node(_ number: UInt64, isOwn: Bool = true) -> MetNode {
        MetNode(
            key: PublicKey(words: (number, 2, 3, 4)),
            metAtSeconds: 1_700_000_000 + number,
            isOwn: isOwn
        )
    }

    /// What the next life of the node reads.
    private func reloaded() -> (store: MetStore, nodes: [MetNode], problem: String?) {
        var store = MetStore(stateDirectory: folder)
        let (nodes, problem) = store.load()
        return (store, nodes, problem)
    }

    @Test func withoutAFileNobodyWasMet() throws {
        try withFile { url in
            let (_, nodes, problem) = reloaded()
            #expect(nodes.isEmpty && problem == nil)
            #expect(!FileManager.default.fileExists(atPath: url.path))
        }
    }

    @Test func whatWasAppendedIsReadAgain() throws {
        try withFile { url in
            var (store, _, _) = reloaded()
            for number in 1...3 as ClosedRange<UInt64> {
                #expect(store.append(.remember(node(number, isOwn: number != 2))) == nil)
            }
            #expect(store.append(.forget(node(1).key)) == nil)
            let expected = [node(2, isOwn: false), node(3)]
            var (next, nodes, problem) = reloaded()
            #expect(nodes == expected && problem == nil)
            #expect(next.append(.remember(node(4))) == nil)
            #expect(reloaded().nodes == expected + [node(4)])
            let attributes = try FileManager.default.attributesOfItem(atPath: url.path)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
        }
    }

    /// The power may go at any byte of the last record.
    @Test func aTornEndLosesNothingElseAndIsWrittenOver() throws {
        try withFile { url in
            var (store, _, _) = reloaded()
            for number in 1...3 as ClosedRange<UInt64> { _ = store.append(.remember(node(number))) }
            let whole = try Data(contentsOf: url)
            let record = MetFile.record(.remember(node(3))).count
            for cut in 1..<record {
                try whole.dropLast(cut).write(to: url)
                var (torn, nodes, problem) = reloaded()
                #expect(nodes == [node(1), node(2)] && problem == nil, "\(cut) bytes")
                #expect(torn.append(.remember(node(4))) == nil)
                #expect(reloaded().nodes == [node(1), node(2), node(4)], "\(cut) bytes")
            }
        }
    }

    @Test func garbageBehindTheLastRecordIsCutOff() throws {
        try withFile { url in
            var (store, _, _) = reloaded()
            _ = store.append(.remember(node(1)))
            var bytes = try Data(contentsOf: url)
            bytes.append(contentsOf: [0xee, 0xee] + [UInt8](repeating: 0, count: 1000))
            try bytes.write(to: url)
            var (next, nodes, _) = reloaded()
            #expect(nodes == [node(1)])
            #expect(next.append(.remember(node(2))) == nil)
            #expect(reloaded().nodes == [node(1), node(2)])
            #expect(try Data(contentsOf: url).count < 200)
        }
    }

    @Test func aFileFullOfOldRecordsIsWrittenAnew() throws {
        try withFile { url in
            var (store, _, _) = reloaded()
            _ = store.append(.remember(node(7)))
            var rewritten = 0
            for number in 0..<20_000 as Range<UInt64> {
                let change: MetChange =
                    number % 2 == 0 ? .remember(node(8)) : .forget(node(8).key)
                let nodes = number % 2 == 0 ? [node(7), node(8)] : [node(7)]
                if store.isWasteful(nodeCount: nodes.count) {
                    #expect(store.replace(with: nodes) == nil)
                    rewritten += 1
                } else {
                    #expect(store.append(change) == nil)
                }
            }
            #expect((10...25).contains(rewritten), "\(rewritten)")
            #expect(try Data(contentsOf: url).count < 100_000)
            #expect(reloaded().nodes.first == node(7))
            let names = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(names == ["met"], "nothing else is left behind")
        }
    }

    /// The greatest file that this program writes is read again, twice over.
    @Test func allNodesThatThereMayBeAreRead() throws {
        try withFile { url in
            var (store, _, _) = reloaded()
            let all = (1...UInt64(Limits.metNodesMax)).map { node($0) }
            #expect(store.replace(with: all) == nil)
            var bytes = try Data(contentsOf: url)
            for node in all { bytes.append(contentsOf: MetFile.record(.remember(node))) }
            try bytes.write(to: url)
            let (next, nodes, problem) = reloaded()
            #expect(nodes == all && problem == nil)
            #expect(!next.isWasteful(nodeCount: all.count))
        }
    }

    // MARK: - Files that cannot be used

    private func isLeftAlone(_ url: URL, _ words: String) throws {
        let before = try? Data(contentsOf: url)
        var (store, nodes, problem) = reloaded()
        #expect(nodes.isEmpty)
        #expect(problem == "\(url.path): \(words)")
        #expect(store.append(.remember(node(1))) == nil)
        #expect(store.replace(with: [node(1)]) == nil)
        #expect((try? Data(contentsOf: url)) == before)
    }

    @Test func anotherFileIsLeftAsItIs() throws {
        try withFile { url in
            for text in ["something else entirely", "HYPHA"] {
                try Data(text.utf8).write(to: url)
                try isLeftAlone(url, "not a file of remembered nodes")
            }
        }
    }

    @Test func aFileOfALaterVersionIsLeftAsItIs() throws {
        try withFile { url in
            var bytes = MetFile.image(of: [node(1)])
            bytes[8] = 2
            try Data(bytes).write(to: url)
            try isLeftAlone(url, "of version 2, which is not known here")
        }
    }

    @Test func aFileThatIsTooLargeIsLeftAsItIs() throws {
        try withFile { url in
            let handle = try #require(
                FileManager.default.createFile(atPath: url.path, contents: nil)
                    ? FileHandle(forWritingTo: url) : nil
            )
            try handle.truncate(atOffset: UInt64(16 << 20) + 1)
            try handle.close()
            try isLeftAlone(url, "more than \(16 << 20) bytes")
        }
    }

    @Test func whatCannotBeReadIsSaid() throws {
        try withFile { url in
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
            try isLeftAlone(url, "errno \(EISDIR)")
        }
    }

    @Test func whatCannotBeWrittenIsSaid() throws {
        try withFile { _ in
            var store = MetStore(stateDirectory: folder + "/missing")
            #expect(store.load().problem == nil)
            let problem = "\(folder)/missing/met: errno \(ENOENT)"
            #expect(store.append(.remember(node(1))) == problem)
            #expect(store.replace(with: [node(1)]) == problem)
        }
    }
}
